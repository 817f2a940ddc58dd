-- a copy for rehearsal: what waited for being sent does not leave when a mail server is set up there
UPDATE mail_mail
   SET state = 'cancel'
 WHERE state IN ('outgoing', 'exception');

-- invitations under way do not go on
UPDATE cfia_portal_invitation
   SET state = 'draft'
 WHERE state = 'running';

-- its certificates may carry the address of the machine on which it is rehearsed
INSERT INTO ir_config_parameter (key, value) VALUES ('cfia_membership.trial_address', 'True')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
