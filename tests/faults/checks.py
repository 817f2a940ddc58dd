"""What has to hold of the whole database and of the mails that arrived, whatever was done."""
import hashlib
from collections import defaultdict
from email import message_from_bytes, policy
from pathlib import Path

#: Questions to the database whose every answer is something broken.
QUESTIONS = {
    "a member's number was given twice": """
        SELECT member_number FROM res_partner WHERE member_number IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1""",
    # what an imported list skips is no gap of ours
    "a gap among the numbers issued here": """
        SELECT value FROM (
               SELECT value, origin, LAG(value) OVER (ORDER BY value) AS before FROM cfia_member_number) number
         WHERE origin = 'issued' AND value != before + 1""",
    "a number in the register that its member has not": """
        SELECT number.value FROM cfia_member_number number JOIN res_partner unit ON unit.id = number.partner_id
         WHERE number.origin = 'issued' AND unit.member_number IS NULL""",
    "ledger and state differ": """
        SELECT unit.name FROM res_partner unit
         WHERE unit.member_state IN ('member', 'withdrawn') AND unit.member_state IS DISTINCT FROM (
               SELECT event.member_state FROM cfia_member_event event WHERE event.partner_id = unit.id
                ORDER BY event.date_effective DESC, event.id DESC LIMIT 1)""",
    "joined twice": """
        SELECT partner_id FROM cfia_member_event WHERE kind = 'joined' GROUP BY 1 HAVING COUNT(*) > 1""",
    "two dues lines of one member and year": """
        SELECT partner_id, year FROM cfia_dues_line GROUP BY 1, 2 HAVING COUNT(*) > 1""",
    "a dues line whose bill is not posted": """
        SELECT line.id FROM cfia_dues_line line JOIN account_move move ON move.id = line.move_id
         WHERE move.state != 'posted'""",
    "bill and dues lines differ": """
        SELECT move.name FROM account_move move LEFT JOIN cfia_dues_line line ON line.move_id = move.id
         WHERE move.move_type = 'out_invoice' GROUP BY move.id HAVING move.amount_total != COALESCE(SUM(line.amount), 0)""",
    "an entry that does not balance": """
        SELECT move_id FROM account_move_line GROUP BY 1 HAVING SUM(balance) != 0""",
    "a name of an entry given twice": """
        SELECT name FROM account_move WHERE state = 'posted' GROUP BY journal_id, name HAVING COUNT(*) > 1""",
    "a gap among the bills": """
        SELECT sequence_prefix FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice'
         GROUP BY journal_id, sequence_prefix HAVING MAX(sequence_number) - MIN(sequence_number) + 1 != COUNT(*)""",
    "a document number given twice, or a gap": """
        SELECT kind, year FROM cfia_document WHERE number > 0
         GROUP BY 1, 2 HAVING COUNT(DISTINCT number) != COUNT(*) OR MAX(number) != COUNT(*)""",
    "a printed document that is not in the file, or twice": """
        SELECT document.name FROM cfia_document document
          JOIN cfia_member_file file ON file.partner_id = document.partner_id
          LEFT JOIN cfia_member_file_paper paper ON paper.res_model = 'cfia.document' AND paper.res_id = document.id
         WHERE document.state = 'done' GROUP BY document.id HAVING COUNT(paper.id) != 1""",
    "two entitlements for one service and day": """
        SELECT partner_id, service_id, date_from FROM cfia_entitlement GROUP BY 1, 2, 3 HAVING COUNT(*) > 1""",
    "a use that is not counted": """
        SELECT entitlement.id FROM cfia_entitlement entitlement
          LEFT JOIN cfia_service_usage usage ON usage.entitlement_id = entitlement.id
         WHERE entitlement.quota > 0 GROUP BY entitlement.id
        HAVING entitlement.quota_used != COALESCE(SUM(usage.quantity), 0) OR entitlement.quota_used > entitlement.quota""",
}
#: Questions once all is done.
LAST_QUESTIONS = {
    "a mail that was not sent": """
        SELECT id, state, failure_reason FROM mail_mail WHERE state NOT IN ('sent', 'cancel')""",
    "a document that was not printed": """
        SELECT name, state, error FROM cfia_document WHERE state != 'done'""",
}


def broken_everywhere(env, is_end):
    """Return what does not hold of the whole database.

    :param bool is_end: whether all is done that was to be done
    """
    found = []
    env.flush_all()
    for text, question in {**QUESTIONS, **(LAST_QUESTIONS if is_end else {})}.items():
        env.cr.execute(question)
        found += [f"{text}: {row}" for row in env.cr.fetchall()]
    return found + broken_files(env)


def broken_files(env):
    """Return the files of the store that are not there, or not whole."""
    found = []
    Attachment = env['ir.attachment']
    env.cr.execute("SELECT store_fname, checksum FROM ir_attachment WHERE res_model LIKE 'cfia.%' AND store_fname IS NOT NULL")
    for name, checksum in env.cr.fetchall():
        path = Path(Attachment._full_path(name))
        # Odoo's own checksum, no secret
        if not path.exists() or hashlib.sha1(path.read_bytes()).hexdigest() != checksum:
            found.append(f"the file {name} is not whole")
    return found


class Arrivals:
    """What came in at the mail server."""

    def __init__(self, folder):
        self.folder, self.read = Path(folder), set()
        self.letters, self.deliveries = defaultdict(set), []

    def look(self):
        """Read what came in since the last time; return this object."""
        for path in sorted(self.folder.glob('*.eml')):
            if path.name in self.read:
                continue
            self.read.add(path.name)
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            message_id = str(message['Message-ID']).strip()
            self.deliveries.append(message_id)
            for part in message.walk():
                if part.get_content_disposition() == 'attachment':
                    content = hashlib.sha256(part.get_payload(decode=True)).hexdigest()
                    self.letters[str(message['To']), str(message['Subject']), content].add(message_id)
        return self

    def twice(self):
        """Return the letters with an enclosure of their own that an address got as more than one message."""
        return [f"{to} got “{subject}” as {len(ids)} messages"
                for (to, subject, _content), ids in self.letters.items() if len(ids) > 1]

    def message_ids(self):
        """Return the Message-IDs of all that arrived."""
        return set(self.deliveries)

    def repeated(self):
        """Return how many messages were handed over again under their Message-ID: whoever gets them knows them."""
        return len(self.deliveries) - len(set(self.deliveries))
