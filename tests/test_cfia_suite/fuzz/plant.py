"""Two members with everything that a member can have, each marked by words that nobody else may see."""
from odoo.fields import Command
from odoo.tests import new_test_user

from .judge import find_in_html
from odoo.addons.base.models.ir_qweb import QWebError
from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.routes import get_own_routes
from odoo.addons.cfia_membership.tools.guard import unlocked

PDF = b'%PDF-1.4 demo'
LOGINS = {'one': 'cfia_fuzz_one', 'two': 'cfia_fuzz_two', 'staff': 'cfia_fuzz_staff'}


def plant(env, make_member):
    """Make the members and return what a run needs to know.

    :param make_member: function that admits a unit by its name and returns it
    :return: JSON-able dictionary with ``logins``, ``marks`` (words of each member), ``links`` (personal
        links of each member), ``routes``, ``ids``, ``attachments``, ``models``, ``reports``, ``counts``
    """
    plan = {'logins': LOGINS, 'marks': {}, 'links': {}, 'ids': [], 'attachments': [], 'partners': []}
    survey = env['cfia.data.survey'].create({'kind': 'basic', 'year': 2035, 'date_deadline': '2099-12-31'})
    unlocked(survey).write({'state': 'open'})
    for key in ('one', 'two'):
        unit = make_member(f"演示试探{key}锻造有限公司")
        _plant_unit(env, plan, key, unit, survey)
    new_test_user(env, login=LOGINS['staff'], groups='cfia_membership.group_cfia_staff', name="演示试探职员")
    plan['routes'] = sorted({
        (rule.rule, method, rule.endpoint.routing['type'])
        for rule, _modules in get_own_routes(env)
        for method in (rule.endpoint.routing['methods'] or ['GET'])
    })
    plan['models'] = sorted(
        name for name, model in env.registry.items() if name.startswith('cfia.') and not model._abstract)
    plan['reports'] = env['ir.actions.report'].search([('report_name', '=like', 'cfia%')]).mapped('report_name')
    plan['counts'] = count(env)
    return plan


def count(env):
    """Return what no request of a stranger may change: users, members, numbers, units' own data."""
    env.cr.execute("""
        SELECT (SELECT count(*) FROM res_users),
               (SELECT count(*) FROM cfia_member_number),
               (SELECT string_agg(concat_ws(',', id, name, member_number, member_state, uscc, parent_id), ';' ORDER BY id)
                  FROM res_partner WHERE member_number IS NOT NULL OR parent_id IS NOT NULL),
               (SELECT string_agg(concat_ws(',', uid, gid), ';' ORDER BY uid, gid) FROM res_groups_users_rel)""")
    return [str(value) for value in env.cr.fetchone()]


def _plant_unit(env, plan, key, unit, survey):
    """Give a unit a portal user and one record of each kind, with its mark in every text."""
    mark = f'MARK{key.upper()}'
    contact = env['res.partner'].create({
        'name': f'{mark}contact', 'parent_id': unit.id, 'email': f'{mark}mail@member.example'.lower(), 'type': 'other',
        'mobile': '1390000' + {'one': '1111', 'two': '2222'}[key], 'function': f'{mark}function',
    })
    user = new_test_user(env, login=LOGINS[key], groups='base.group_portal', name=f'{mark}user', lang='zh_CN')
    user.partner_id.parent_id = unit
    records = contact + user.partner_id + unit
    plan['partners'] += records.ids
    attachments = env['ir.attachment'].create([
        {'name': f'{mark}.pdf', 'raw': PDF + mark.encode(), 'res_model': 'res.partner', 'res_id': unit.id}
        for _index in range(2)])
    document = env['cfia.document'].search([('partner_id', '=', unit.id), ('kind', '=', 'certificate')], limit=1)
    unlocked(document).write({'state': 'done', 'attachment_id': attachments[0].id})
    need = env['cfia.need'].create({
        'name': f'{mark}need', 'description': f'{mark}description', 'partner_id': unit.id, 'source': 'portal',
        'kind_id': env['cfia.need.kind'].search([], limit=1).id, 'contact_name': f'{mark}asker',
        'attachment_ids': [Command.set(attachments[1].ids)],
    })
    change = env['cfia.change.request']._file([{
        'partner': unit, 'changes': {unit: {'street': f'{mark}street'}}, 'new_contacts': [], 'reason': f'{mark}reason',
    }], source='portal')
    referral = unlocked(env['cfia.referral']).create({
        'name': f'{mark}referred', 'referrer_id': unit.id, 'via': 'portal', 'recommender': f'{mark}recommender'})
    recipient = unlocked(env['cfia.data.survey.recipient']).create({'round_id': survey.id, 'partner_id': unit.id})
    dues = env['cfia.dues.line'].search([('partner_id', '=', unit.id)])
    plan['ids'] += [
        record.id for records in (document, need, change, referral, recipient, dues, dues.move_id) for record in records]
    plan['attachments'] += attachments.ids
    plan['marks'][key] = [
        mark, mark.lower(), contact.mobile, *dues.move_id.filtered('name').mapped('name')]
    plan['links'][key] = [
        f"/cfia/r/{recipient._make_link(via).rpartition('/')[2]}" for via in ('mail', 'letter')]
    plan.setdefault('tokens', []).extend(filter(None, [document.token, *dues.move_id.mapped('access_token')]))


def admit(env, name):
    """Return a unit admitted as the tests admit theirs, and billed, in a database without users of roles."""
    return get_maker(env).make_member(name)


def get_maker(env):
    """Return what the tests make applications and members with, for a database without users of roles."""
    maker = type('Maker', (DuesCommon,), {
        'env': env,
        'user_organisation': _get_user(env, 'organisation'),
        'user_secretary': _get_user(env, 'secretary_general'),
        'grade_member': env.ref('cfia_membership.cfia_grade_member'),
        'grade_director': env.ref('cfia_membership.cfia_grade_director'),
        'category_forging': env.ref('cfia_membership.cfia_enterprise_category_die_forging'),
        'category_university': env.ref('cfia_membership.cfia_enterprise_category_university'),
        'ownership_private': env.ref('cfia_membership.cfia_ownership_private'),
        'state_jiangsu': env.ref('base.state_cn_JS'),
    })
    if not env['cfia.dues.standard'].search_count([], limit=1):
        env.company._set_up_dues_accounting()
        maker.congress = env['cfia.congress'].create({
            'name': "演示第七届", 'number': 7, 'date_start': '2022-01-01', 'date_end': '2027-12-31'})
        maker.make_standard(2000)
    return maker


def _get_user(env, role):
    login = f'cfia_fuzz_{role}'
    return env['res.users'].search([('login', '=', login)]) or new_test_user(
        # each with an address of its own: one address would be one person
        env, login=login, groups=f'cfia_membership.group_cfia_{role}', name=f"演示试探{role}", email=f'{login}@demo.example')


def find_stored_scripts(env):
    """Return what would run in the papers of whatever strangers have written.

    Every report of the suite is rendered for the newest records of its model.
    """
    found = []
    for report in env['ir.actions.report'].search([('report_name', '=like', 'cfia%'), ('report_type', '=like', 'qweb%')]):
        records = env[report.model].search([], order='id desc', limit=200)
        for record in records if records and not records._abstract else ():
            try:
                content = env['ir.actions.report']._render_qweb_html(report.report_name, record.ids)[0]
            except (QWebError, KeyError):
                # a document of another kind than the report prints
                continue
            found += [f'{report.report_name} {record}: {what}' for what in find_in_html(content)]
    return found
