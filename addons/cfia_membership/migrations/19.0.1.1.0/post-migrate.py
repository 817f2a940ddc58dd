import json
import logging

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.misc import file_open

from odoo.addons.cfia_membership.tools.regulation import refresh_regulation

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Bring the regulation's rows up to date; what somebody changed stays. Close Odoo's self-registration."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    refresh_regulation(env, 'cfia_membership', 'data/cfia_obligation_data.xml')
    env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2b')
    _refresh_mails_to_applicants(env)
    _hide_kept_links(cr)
    _reactivate_members(cr)


def _reactivate_members(cr):
    """Show archived members again, so that lists, runs and statistics count alike, and name them."""
    cr.execute("UPDATE res_partner SET active = true WHERE member_state = 'member' AND NOT active RETURNING id, name")
    for partner_id, name in cr.fetchall():
        _logger.info("Member %s (%s) was archived and is shown again", name, partner_id)


def _refresh_mails_to_applicants(env):
    """Take what applicants wrote out of the mails that they have sent: it went to any address that they gave."""
    with file_open('cfia_membership/data/online_application_data.xml', 'rb') as file:
        records = etree.parse(file).xpath("//record[@model='mail.template']")
    for record in records:
        template = env.ref(f"cfia_membership.{record.get('id')}", raise_if_not_found=False)
        for name in ('subject', 'body_html') if template else ():
            _write_texts(template, name, {
                lang: _get_text(record.find(f"field[@name='{name}{suffix}']"))
                for lang, suffix in (('en_US', ''), ('zh_CN', '@zh_CN'))})
    template = env.ref('cfia_membership.mail_template_application_refused', raise_if_not_found=False)
    if template:
        name = '<t t-out="object.contact_name or object.name"/>'
        env.cr.execute(SQL("SELECT body_html FROM mail_template WHERE id = %s", template.id))
        _write_texts(template, 'body_html', {
            lang: text.replace(f'Dear {name},', 'Dear Sir or Madam,').replace(f'尊敬的{name}：', '您好！')
            for lang, text in env.cr.fetchone()[0].items()})
    env['mail.template'].invalidate_model()


def _get_text(field):
    """Return the text of a field in a data file, be it escaped or not."""
    inner = ''.join(etree.tostring(child, encoding='unicode') for child in field)
    return (inner or field.text).strip()


def _write_texts(template, name, texts):
    """Write a text in its languages, of which the source's need not be switched on."""
    column = SQL.identifier(name)
    template.env.cr.execute(SQL(
        "UPDATE mail_template SET %s = %s || %s::jsonb WHERE id = %s", column, column, json.dumps(texts), template.id))


def _hide_kept_links(cr):
    """Take the personal links out of the mails that were kept."""
    pattern = r'(/cfia/(?:r|apply)/)[^/?#\s"\'<>&…]+'
    cr.execute(SQL(
        "UPDATE mail_message SET body = regexp_replace(body, %(pattern)s, '\\1…', 'g') WHERE body ~ %(pattern)s",
        pattern=pattern))
    cr.execute(SQL(
        "UPDATE mail_mail SET body_html = regexp_replace(body_html, %(pattern)s, '\\1…', 'g') "
        "WHERE state IN ('sent', 'cancel') AND body_html ~ %(pattern)s", pattern=pattern))
