-- a copy for rehearsal: what waited for being sent does not leave when a mail server is set up there
UPDATE mail_mail
   SET state = 'cancel'
 WHERE state IN ('outgoing', 'exception');

-- invitations under way do not go on
UPDATE cfia_portal_invitation
   SET state = 'draft'
 WHERE state = 'running';
