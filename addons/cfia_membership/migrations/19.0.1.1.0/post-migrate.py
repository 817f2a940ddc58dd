from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.tools.convert import convert_file

from odoo.addons.cfia_membership.tools.regulation import refresh_regulation


def migrate(cr, version):
    """Bring the regulation's rows up to date; what somebody changed stays."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    refresh_regulation(env, 'cfia_membership', 'data/cfia_obligation_data.xml')
    _refresh_mails_to_applicants(env)
    _hide_kept_links(cr)


def _refresh_mails_to_applicants(env):
    """Take what applicants wrote out of the mails that they have sent: it went to any address that they gave."""
    convert_file(env, 'cfia_membership', 'data/online_application_data.xml', {}, mode='init', noupdate=True)
    template = env.ref('cfia_membership.mail_template_application_refused', raise_if_not_found=False)
    name = '<t t-out="object.contact_name or object.name"/>'
    for lang, old, new in (('en_US', f'Dear {name},', 'Dear Sir or Madam,'), ('zh_CN', f'尊敬的{name}：', '您好！')):
        body = template and template.with_context(lang=lang).body_html or ''
        if old in body:
            template.with_context(lang=lang).body_html = body.replace(old, new)


def _hide_kept_links(cr):
    """Take the personal links out of the mails that were kept."""
    pattern = r'(/cfia/(?:r|apply)/)[^/?#\s"\'<>&…]+'
    cr.execute(SQL(
        "UPDATE mail_message SET body = regexp_replace(body, %(pattern)s, '\\1…', 'g') WHERE body ~ %(pattern)s",
        pattern=pattern))
    cr.execute(SQL(
        "UPDATE mail_mail SET body_html = regexp_replace(body_html, %(pattern)s, '\\1…', 'g') "
        "WHERE state IN ('sent', 'cancel') AND body_html ~ %(pattern)s", pattern=pattern))
