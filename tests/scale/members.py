"""Run by Odoo's shell: two members, staff, and applications that wait for the signature."""
import json

from odoo.addons.test_cfia_suite.fuzz.plant import admit, get_maker, plant


def run(env, file):
    """Make them; write what the visitors need to know to ``file``."""
    plan = plant(env, lambda name: admit(env, name))
    plan['applications'] = get_maker(env).make_applications([f"演示扩展{i}有限公司" for i in '甲乙丙'], state='verified').ids
    plan['need_model'] = env['ir.model']._get_id('cfia.need')
    plan['staff'] = env['res.users'].search([('login', '=', 'cfia_fuzz_staff')]).id
    plan['need_kind'] = env['cfia.need.kind'].search([], limit=1).id
    # what has no server to go to would only fill the log
    env['mail.mail'].search([('state', '=', 'outgoing')]).unlink()
    env.cr.commit()
    with open(file, 'w', encoding='utf-8') as plan_file:
        json.dump(plan, plan_file, default=str)
