"""Run by Odoo's shell: two members, staff, and applications that wait for the signature."""
import json

from acts import make_applications, set_up

from odoo.addons.test_cfia_suite.fuzz.plant import admit, plant


def run(env, file):
    """Make them; write what the visitors need to know to ``file``."""
    set_up(env)
    for user in env['res.users'].search([('login', '=like', 'faults_%')]):
        user.password = user.login
    plan = plant(env, lambda name: admit(env, name))
    plan['applications'] = make_applications(env, 3)
    plan['need_model'] = env['ir.model']._get_id('cfia.need')
    plan['staff'] = env['res.users'].search([('login', '=', 'cfia_fuzz_staff')]).id
    plan['need_kind'] = env['cfia.need.kind'].search([], limit=1).id
    # what has no server to go to would only fill the log
    env['mail.mail'].search([('state', '=', 'outgoing')]).unlink()
    env.cr.commit()
    with open(file, 'w', encoding='utf-8') as plan_file:
        json.dump(plan, plan_file, default=str)
