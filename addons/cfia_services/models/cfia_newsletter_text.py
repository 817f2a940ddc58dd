import base64
import hashlib
import logging
import re
from collections import defaultdict
from itertools import chain

import psycopg2
from lxml import etree, html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html_sanitize

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.official import chinese_date

_logger = logging.getLogger(__name__)

IMAGE_URL = re.compile(r'/web/image/(\d+)')


class CfiaNewsletter(models.Model):
    """What an issue says: filled from the ledger and from released figures, frozen when sent, printed."""

    _inherit = 'cfia.newsletter'

    body = fields.Html(string="Text as Sent", readonly=True, copy=False, sanitize=False)
    # what the system wrote last: a text that differs was edited
    body_made = fields.Char(string="SHA-256 of the Text as Made", readonly=True, copy=False)
    sha256 = fields.Char(string="SHA-256 of the Text", readonly=True, copy=False)
    body_shown = fields.Html(string="Text", compute='_compute_body_shown', sanitize=False)
    attachment_id = fields.Many2one(
        'ir.attachment', string="Printed Edition", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    attachment_sha256 = fields.Char(string="SHA-256 of the Printed Edition", readonly=True, copy=False)
    missing_text = fields.Text(string="Not in the Text", compute='_compute_missing_text')

    # === COMPUTE METHODS === #

    def _compute_body_shown(self):
        for issue in self:
            issue.body_shown = issue._get_reading_body()

    @api.depends('block_ids', 'state')
    def _compute_missing_text(self):
        for issue in self:
            if issue.state != 'draft' or not issue.id:
                issue.missing_text = False
                continue
            # sudo: whether a block is in the text is asked of the mailing
            body = issue.sudo().mailing_id.body_html or ''
            missing = [block.name for block in issue.block_ids if block._get_marker() not in body]
            missing += [record.display_name for _section, record in issue._get_new_records() if record]
            issue.missing_text = "\n".join(dict.fromkeys(missing))

    # === ACTION METHODS === #

    def action_print(self):
        """Open the printed edition; before the issue is sent, what it would look like."""
        self.ensure_one()
        self.check_access('read')
        if self.state == 'draft':
            return self.env.ref('cfia_services.action_report_newsletter').report_action(self, config=False)
        if not self.attachment_id:
            # sudo: the issue keeps its PDF, nobody writes it
            self.sudo()._print()
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{self.attachment_id.id}', 'target': 'new'}

    def action_check_hash(self):
        """Compare text and printed edition with the fingerprints taken when they were frozen.

        :raise UserError: naming an issue that differs
        """
        self.check_access('read')
        # sudo: fingerprints are compared whoever reads the files
        for issue in self.sudo().filtered('sha256'):
            is_same = issue._get_fingerprint(issue.body) == issue.sha256 and (
                not issue.attachment_id
                or hashlib.sha256(issue.attachment_id.raw or b'').hexdigest() == issue.attachment_sha256)
            if not is_same:
                raise UserError(self.env._(
                    "%(issue)s is not as it was sent. Restore it from the backup.", issue=issue.display_name))
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {'type': 'success', 'message': self.env._("Text and printed edition are as they were sent.")},
        }

    # === BUSINESS METHODS - MAKING === #

    def _get_lang(self):
        """Return the language of the newsletter, the association's."""
        # sudo: settings are the association's
        return self.env.company._get_association_lang()

    def _get_subject(self):
        """Return the subject of the mail."""
        self.ensure_one()
        # sudo: settings are the association's
        return self.with_context(lang=self._get_lang()).env._(
            "%(association)s: %(issue)s", association=self.env.company.sudo().name, issue=self.name)

    def _create_mailings(self):
        """Make the mailings that hold the text of these issues."""
        # sudo: settings are the association's
        company = self.env.company.sudo()
        email_from = company.cfia_newsletter_email_from or company._get_sender()[1]
        # sudo: the department edits its mailings, the issue makes them; who is told of the issue needs no word of them
        mailings = self.env['mailing.mailing'].sudo().with_context(mail_auto_subscribe_no_notify=True).create([
            {
                'subject': issue._get_subject(),
                'mailing_model_id': self.env['ir.model'].sudo()._get_id('cfia.newsletter.recipient'),
                # recipients are those of the issue; a copy of the mailing reaches nobody
                'mailing_domain': "[('id', '=', 0)]",
                'reply_to_mode': 'new',
                'reply_to': company.cfia_newsletter_reply_to or email_from,
                'user_id': issue.user_id.id,
                'use_exclusion_list': True,
                **({'email_from': email_from} if email_from else {}),
            } for issue in self
        ])
        for issue, mailing in zip(self, mailings, strict=True):
            # sudo: the issue links its own mailing
            unlocked(issue.sudo()).mailing_id = mailing

    @api.model
    def _get_sources(self):
        """Return the models that fill each section.

        :return: {code: names of models}
        """
        sources = defaultdict(list)
        for name in sorted(self.env.registry.descendants(['cfia.newsletter.source.mixin'], '_inherit')):
            model = self.env.registry[name]
            if not model._abstract:
                for code in model._newsletter_sections:
                    sources[code].append(name)
        return sources

    def _get_new_records(self):
        """Return what may be printed and stands in no issue, section by section.

        Of records that are printed once each the first issue takes the newest, later ones what was released since.

        :return: pairs of section and records; records without a block of their own are an empty recordset
        :rtype: list[tuple]
        """
        self.ensure_one()
        # sudo: which sections are on is no secret, and blocks of all issues count
        sections = self.env['cfia.newsletter.section'].sudo().search([('is_shown', '=', True), ('prompt', '=', False)])
        sources = self._get_sources()
        Block = self.env['cfia.newsletter.block'].sudo()
        pairs = []
        for section in sections:
            for name in sources.get(section.code, ()):
                # sudo: an issue prints what its sources offer for publication, whoever makes it
                Model = self.env[name].sudo().with_context(lang=self._get_lang())
                records = Model._get_newsletter_records(section.code, self.date_issue)
                if not Model._newsletter_is_once:
                    if records and section not in self.block_ids.section_id:
                        pairs.append((section, records))
                    continue
                blocks = Block.search([('section_id', '=', section.id), ('res_model', '=', name)])
                known = set(blocks.filtered(lambda block: not block.date_printed or block.is_printed).mapped('res_id'))
                first = min(filter(None, blocks.mapped('date')), default=None)
                new = records.filtered(lambda record: record.id not in known and (not first or record.date >= first))
                pairs += [(section, record) for record in (new if blocks else new[-1:])]
        return pairs

    def _fill(self, is_rebuilt=False):
        """Take in blocks that are new; rewrite the text where nobody has edited it, else add to it.

        :param bool is_rebuilt: make the text afresh, what was written is lost
        """
        for issue in self:
            if is_rebuilt:
                # sudo: the issue rewrites its own blocks and text
                unlocked(issue.sudo().block_ids).unlink()
            blocks = issue._create_blocks()
            mailing = unlocked(issue.sudo().mailing_id)
            if is_rebuilt or not mailing.body_arch or issue._get_fingerprint(mailing.body_arch) == issue.body_made:
                mailing.write({'body_arch': issue._render_text('arch'), 'body_html': issue._render_text('mail')})
            elif blocks:
                mailing.write({
                    name: issue._insert_blocks(mailing[name], blocks) for name in ('body_arch', 'body_html')})
                continue
            unlocked(issue).body_made = issue._get_fingerprint(mailing.body_arch)
            issue.invalidate_recordset(['body_shown', 'missing_text'])

    def _create_blocks(self):
        """Freeze what is new as blocks of this issue and return them."""
        self.ensure_one()
        created = self.env['cfia.newsletter.block']
        # sudo: blocks come from released records, nobody enters them
        Block = unlocked(self.env['cfia.newsletter.block'].sudo())
        for section, records in self._get_new_records():
            values = records._prepare_newsletter_block(section.code)
            block = Block.create({
                'newsletter_id': self.id,
                'section_id': section.id,
                'sequence': section.sequence,
                'name': values['title'],
                'date': values.get('date'),
                'res_model': records._name if records._newsletter_is_once else False,
                'res_id': records.id if records._newsletter_is_once else False,
            })
            block.body = self.with_context(lang=self._get_lang()).env['ir.qweb']._render('cfia_services.newsletter_block', {
                'title': values['title'],
                'lead': values.get('lead'),
                'groups': values.get('groups') or [],
                'tables': values.get('tables') or [],
                'image': self._create_image(block, values['image']) if values.get('image') else False,
                'marker': block._get_marker(),
                'format_value': self.env['cfia.paper.mixin']._format_value,
            })
            created |= block
        return created

    def _create_image(self, block, content):
        """Keep a picture with the issue and return the address at which mails show it."""
        # sudo: the issue keeps its own pictures
        attachment = unlocked(self.env['ir.attachment'].sudo()).create({
            'name': f'{block.code}.png', 'raw': content, 'mimetype': 'image/png',
            'res_model': self._name, 'res_id': self.id,
        })
        [token] = attachment.generate_access_token()
        return f'/web/image/{attachment.id}?access_token={token}'

    def _render_text(self, form):
        """Return the text made of all sections.

        :param str form: ``arch`` for the editor, ``mail`` for the mail
        """
        self.ensure_one()
        self = self.with_context(lang=self._get_lang())  # noqa: PLW0642 the newsletter's language
        # sudo: the text names the association and the sections that are on
        company = self.env.company.sudo()
        blocks = self.block_ids.sudo().sorted(lambda block: (block.sequence, block.id)).grouped('section_id')
        prompts = self.env['cfia.newsletter.section'].sudo().search([('is_shown', '=', True), ('prompt', '!=', False)])
        parts = []
        for section in (blocks.keys() | set(prompts)):
            if section.prompt:
                parts.append((section.sequence, section.id, section.name, self.env['ir.qweb']._render(
                    'cfia_services.newsletter_block', {
                        'title': section.name, 'prompt': section.prompt, 'groups': [], 'tables': [], 'image': False,
                        'lead': False, 'marker': f'cfia_section_{section.code}'})))
            else:
                parts += [(section.sequence, section.id, block.name, block.body) for block in blocks[section]]
        date_text = chinese_date(self.date_issue) if self.env.lang.startswith('zh') else self.date_issue.isoformat()
        return self.env['ir.qweb']._render(f'cfia_services.newsletter_{form}', {
            'issue': self,
            'association': company.name,
            # terms of code are there before those of templates are
            'heading': self.env._("Newsletter of the Association"),
            'audience': self.env._("For members of the association"),
            'read_label': self.env._("Read it in the browser"),
            'stop_label': self.env._("No more newsletters"),
            'date_text': date_text,
            'number_text': self.env._("No. %(number)s of %(year)s", number=self.number, year=self.year),
            'parts': [(name, Markup(body)) for _sequence, _id, name, body in sorted(parts, key=lambda part: part[:2])],
            'contact_lines': self.env['cfia.document']._get_contact_lines(
                # sudo: the foot names the association
                self.env['cfia.document'].sudo()._prepare_sender_data()),
        })

    def _insert_blocks(self, body, blocks):
        """Return a text with blocks before its foot, else at its end."""
        root = _parse(body)
        foot = next(iter(root.xpath(".//*[contains(concat(' ', @class, ' '), ' cfia_newsletter_foot ')]")), None)
        for block in blocks.sorted(lambda block: (block.sequence, block.id)):
            element = next(iter(_parse(block.body)))
            if foot is None:
                root.append(element)
            else:
                foot.addprevious(element)
        return _serialize(root)

    # === BUSINESS METHODS - FREEZING === #

    @api.model
    def _get_fingerprint(self, text):
        return hashlib.sha256(str(text or '').encode()).hexdigest()

    def _freeze_text(self):
        """Keep the text as it is sent, without sections that nobody wrote, and what of the blocks it prints.

        :raise UserError: for an issue without text
        """
        self.ensure_one()
        # sudo: the mailing is the issue's
        mailing = unlocked(self.sudo().mailing_id)
        texts = {name: self._strip_prompts(mailing[name]) for name in ('body_arch', 'body_html')}
        if not html.fromstring(f"<div>{texts['body_html']}</div>").text_content().strip():
            raise UserError(self.env._("%(issue)s has no text. Edit it first.", issue=self.display_name))
        mailing.write(texts)
        body = mailing.body_html
        unlocked(self.sudo()).write({'body': body, 'sha256': self._get_fingerprint(body)})
        now = fields.Datetime.now()
        # sudo: the issue freezes its own blocks
        blocks = unlocked(self.sudo().block_ids)
        printed = blocks.filtered(lambda block: block._get_marker() in body)
        printed.write({'is_printed': True, 'date_printed': now})
        (blocks - printed).write({'date_printed': now})
        # what was left out is free at once, for the index too
        blocks.flush_recordset()

    @api.model
    def _strip_prompts(self, body):
        """Return a text without the sections that still ask to be written."""
        prompts = set(chain.from_iterable(
            # sudo: prompts in every language are no secret
            self.env['cfia.newsletter.section'].sudo().with_context(lang=lang).search([('prompt', '!=', False)]).mapped('prompt')
            for lang, _name in self.env['res.lang'].get_installed()))
        root = _parse(body)
        for element in root.xpath(".//*[contains(concat(' ', @class, ' '), ' cfia_prompt ')]"):
            if element.text_content().strip() in prompts:
                section = next(iter(element.xpath(
                    "ancestor-or-self::*[contains(concat(' ', @class, ' '), ' cfia_block ')][1]")), element)
                # the frame that the editor puts round a section goes with it
                frame = next(iter(section.xpath("ancestor::*[contains(concat(' ', @class, ' '), ' cfia_frame ')][1]")), section)
                frame.drop_tree()
        return _serialize(root)

    # === BUSINESS METHODS - READING === #

    def _get_reading_body(self):
        """Return the text without what only a mail carries, safe to be shown on a page.

        :rtype: Markup
        """
        self.ensure_one()
        # sudo: who reads the issue reads its text
        body = self.body or self.sudo().mailing_id.body_html
        if not body:
            return Markup()
        root = _parse(body)
        for link in root.xpath(".//a[contains(@href, '/unsubscribe_from_list') or @href = '/view']"):
            part = next(iter(link.xpath("ancestor::*[contains(concat(' ', @class, ' '), ' cfia_mail_only ')][1]")), link)
            # several links may stand in one part
            if part.getparent() is not None and link.getroottree().getroot() is root:
                part.drop_tree()
        return Markup(html_sanitize(_serialize(root), sanitize_attributes=True, sanitize_form=True))

    def _get_print_body(self):
        """Return the text for paper: what :meth:`_get_reading_body` returns, with its pictures in it."""
        root = _parse(self._get_reading_body())
        images = {}
        for image in root.xpath('.//img[@src]'):
            match = IMAGE_URL.search(image.get('src'))
            if match:
                images.setdefault(int(match[1]), []).append(image)
        # sudo: pictures of the text, which whoever reads the issue sees
        for attachment in self.env['ir.attachment'].sudo().browse(images).exists():
            for image in images[attachment.id]:
                image.set('src', f"data:{attachment.mimetype};base64,{base64.b64encode(attachment.raw or b'').decode()}")
        return Markup(_serialize(root))

    # === BUSINESS METHODS - PRINTING === #

    def _print(self):
        """Print the sent issue and freeze the PDF. In superuser mode."""
        for issue in self.filtered(lambda issue: issue.state != 'draft' and not issue.attachment_id):
            content, _type = self.env['ir.actions.report'].with_context(lang=self._get_lang())._render_qweb_pdf(
                'cfia_services.action_report_newsletter', issue.ids)
            attachment = unlocked(self.env['ir.attachment']).create({
                'name': f'{issue.name}.pdf', 'raw': content, 'mimetype': 'application/pdf',
                'res_model': issue._name, 'res_id': issue.id,
            })
            unlocked(issue).write({
                'attachment_id': attachment.id, 'attachment_sha256': hashlib.sha256(content).hexdigest()})

    @api.model
    def _trigger_printing(self):
        """Have the schedule print what was sent once the transaction is committed."""
        # sudo: schedules are the administrator's
        self.env.ref('cfia_services.ir_cron_cfia_newsletter_print').sudo()._trigger()

    @api.model
    def _cron_print(self):
        """Print the issues that were sent, each by itself."""
        issues = self.search([('state', '!=', 'draft'), ('attachment_id', '=', False), ('body', '!=', False)])
        self.env['ir.cron']._commit_progress(remaining=len(issues))
        for issue in issues:
            issue = issue.try_lock_for_update().filtered(lambda issue: not issue.attachment_id)
            if issue:
                issue._print_safely()
            if not self.env['ir.cron']._commit_progress(1):
                break

    def _print_safely(self):
        """Print one issue; what goes wrong becomes an activity and stops no other."""
        try:
            with self.env.cr.savepoint():
                self._print()
        except psycopg2.OperationalError:
            raise  # the database is busy: the whole run is repeated
        except Exception as error:  # noqa: BLE001 whatever went wrong, the others have to be printed
            _logger.warning("%s could not be printed", self.display_name, exc_info=True)
            self._schedule_problem(str(error) or repr(error))


def _parse(body):
    """Return a text as an element that holds it."""
    return html.fragment_fromstring(str(body or ''), create_parent='div')


def _serialize(root):
    """Return what an element holds as text."""
    return (root.text or '') + ''.join(
        etree.tostring(child, encoding='unicode', method='html') for child in root)
