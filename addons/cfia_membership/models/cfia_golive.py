from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.cfia_member_number import PREFIX_PARAMETER
from odoo.addons.cfia_membership.tools.address import is_local
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.modules import MODULES_PARAMETER


class CfiaGolive(models.TransientModel):
    """The way to the first day of work: what is set up, what is not, and what stands in the way.

    Every step is read from the records themselves, none is ticked by hand. Add-ons offer theirs by
    :meth:`_get_golive_steps`.
    """

    _name = 'cfia.golive'
    _description = "Going Live"

    step_ids = fields.One2many('cfia.golive.step', 'golive_id', string="Steps", readonly=True)
    done_count = fields.Integer(compute='_compute_counts')
    step_count = fields.Integer(compute='_compute_counts')
    progress = fields.Float(string="Done (%)", compute='_compute_counts')

    # === COMPUTE METHODS === #

    @api.depends('step_ids.state')
    def _compute_counts(self):
        for golive in self:
            golive.step_count = len(golive.step_ids)
            golive.done_count = len(golive.step_ids.filtered(lambda step: step.state == 'done'))
            golive.progress = 100 * golive.done_count / golive.step_count if golive.step_count else 0

    @api.depends('create_date')
    def _compute_display_name(self):
        self.display_name = self.env._("Going Live")

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Look at everything anew and show the steps."""
        golive = self.create({})
        golive._refresh()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Going Live"),
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': golive.id,
            'target': 'current',
        }

    def action_refresh(self):
        """Look at everything anew."""
        self._refresh()
        return True

    # === BUSINESS METHODS === #

    def _refresh(self):
        """Write the steps as they stand."""
        self.ensure_one()
        self.step_ids.unlink()
        self.env['cfia.golive.step'].create([{**values, 'golive_id': self.id} for values in self._read_steps()])

    @api.model
    def _read_steps(self):
        """Return the steps in their order; a step waits while one that it needs is not done.

        :return: values of ``cfia.golive.step``
        :rtype: list[dict]
        """
        # sudo: whether something is set up is asked over all of it; the steps name no person
        steps = sorted(self.sudo()._get_golive_steps(), key=lambda step: step['sequence'])
        by_key = {step['key']: step for step in steps}
        values = []
        for step in steps:
            state = 'done' if step['is_done'] else 'open'
            waits_for = [by_key[key]['title'] for key in step.get('needs', '').split() if key in by_key and not by_key[key]['is_done']]
            if state == 'open' and waits_for:
                state = 'blocked'
            values.append({
                'sequence': step['sequence'],
                'key': step['key'],
                'section': step['section'],
                'name': step['title'],
                'state': state,
                'detail': step.get('detail'),
                'blocker': self.env._("First: %(steps)s", steps=", ".join(waits_for)) if state == 'blocked' else False,
                'action_xmlid': step['action'],
                'domain': str(step['domain']) if step.get('domain') is not None else False,
            })
        return values

    @api.model
    def _get_golive_steps(self):
        """Return what has to be there before work begins. Extend with ``super()``. In superuser mode.

        :return: dictionaries with ``key``, ``sequence``, ``section``, ``title``, ``is_done`` (read from
            records), ``detail`` (what is there or missing), ``action`` (XML id of the place), optionally
            ``domain`` for it and ``needs`` (keys of the steps that come first, with blanks between them)
        :rtype: list[dict]
        """
        base, people, rules, data, hand_over = (
            self.env._("1. Association"), self.env._("2. People"), self.env._("3. Rules"),
            self.env._("4. Members"), self.env._("5. Opening"))
        return [
            {'key': 'company', 'sequence': 10, 'section': base, 'title': self.env._("Name and address of the association"),
             'action': 'base.action_res_company_form', **self._check_company()},
            {'key': 'address', 'sequence': 15, 'section': base, 'title': self.env._("Address in QR codes and mails"),
             'action': 'base.ir_config_list_action', 'domain': [('key', 'in', ('web.base.url', 'web.base.url.freeze'))],
             **self._check_address()},
            {'key': 'mail', 'sequence': 20, 'section': base, 'title': self.env._("Outgoing mail"),
             'action': 'base.action_ir_mail_server_list', **self._check_mail()},
            {'key': 'modules', 'sequence': 25, 'section': base, 'title': self.env._("Add-ons of Odoo"),
             'action': 'base.open_module_tree', **self._check_modules()},
            {'key': 'departments', 'sequence': 30, 'section': people, 'title': self.env._("Departments and their staff"),
             'action': 'cfia_membership.cfia_department_action', **self._check_departments()},
            {'key': 'roles', 'sequence': 40, 'section': people, 'title': self.env._("Who verifies and who signs"),
             'action': 'base.action_res_users', **self._check_roles()},
            {'key': 'signup', 'sequence': 45, 'section': people, 'title': self.env._("Nobody registers uninvited"),
             'action': 'base_setup.action_general_configuration', **self._check_signup()},
            {'key': 'congress', 'sequence': 50, 'section': rules, 'title': self.env._("Term of the congress"),
             'action': 'cfia_membership.cfia_congress_action', **self._check_congress()},
            {'key': 'grades', 'sequence': 60, 'section': rules, 'title': self.env._("Grades of members"),
             'action': 'cfia_membership.cfia_grade_action', **self._check_grades()},
            {'key': 'number', 'sequence': 70, 'section': rules, 'title': self.env._("Form of the member number"),
             'action': 'cfia_membership.res_config_settings_action_cfia', **self._check_number()},
            {'key': 'in_force', 'sequence': 80, 'section': rules, 'title': self.env._("Day from which duties are counted"),
             'action': 'cfia_membership.res_config_settings_action_cfia', **self._check_in_force()},
            {'key': 'privacy', 'sequence': 90, 'section': rules, 'title': self.env._("Privacy notice"),
             'action': 'cfia_membership.cfia_privacy_notice_action', **self._check_privacy()},
            {'key': 'roster', 'sequence': 200, 'section': data, 'title': self.env._("Members from the old list"),
             'action': 'cfia_membership.cfia_roster_import_action', 'needs': 'number grades congress',
             **self._check_roster()},
            {'key': 'review', 'sequence': 210, 'section': data, 'title': self.env._("Values of the old list to verify"),
             'action': 'cfia_membership.cfia_review_item_action', 'needs': 'roster', **self._check_review()},
            {'key': 'certificates', 'sequence': 220, 'section': data, 'title': self.env._("Certificates issued before"),
             'action': 'cfia_membership.res_partner_action_certificate', 'needs': 'roster congress',
             **self._check_certificates()},
            {'key': 'portal', 'sequence': 400, 'section': hand_over, 'title': self.env._("Invitations to the members' pages"),
             'action': 'cfia_membership.cfia_portal_invitation_action', 'needs': 'roster mail', **self._check_portal()},
            {'key': 'first', 'sequence': 500, 'section': hand_over, 'title': self.env._("First member signed here"),
             'action': 'cfia_membership.cfia_membership_application_action', 'domain': [],
             'needs': 'departments roles congress number', **self._check_first()},
        ]

    @api.model
    def _get_progress(self):
        """Return how far the way to the first day is gone, for the start screen.

        :return: ``text`` and ``action``; nothing for others than the manager, and from the first member
            signed here on
        """
        if not self.has_access('read') or self.sudo()._check_first()['is_done']:  # sudo: as in the steps
            return None
        steps = self._read_steps()
        following = next((step['name'] for step in steps if step['state'] == 'open'), None)
        counts = {'done': len([step for step in steps if step['state'] == 'done']), 'count': len(steps)}
        return {
            'text': self.env._("%(done)s of %(count)s steps are done. Next: %(step)s", step=following, **counts)
            if following else self.env._("%(done)s of %(count)s steps are done.", **counts),
            'action': 'cfia_membership.cfia_golive_action',
        }

    # What each step finds: is_done and detail

    def _check_company(self):
        company = self.env.company
        fields_needed = ('street', 'city', 'zip', 'phone', 'email')
        missing = [
            company._fields[name]._description_string(self.env) for name in fields_needed if not company[name]]
        if company.country_id.code != 'CN':
            missing.append(company._fields['country_id']._description_string(self.env))
        return {
            'is_done': not missing,
            'detail': self.env._("%(company)s lacks: %(fields)s", company=company.name, fields=", ".join(missing))
            if missing else company.name,
        }

    def _check_address(self):
        parameters = self.env['ir.config_parameter']
        address = parameters.get_param('web.base.url') or ''
        if is_local(address):
            detail = self.env._(
                "%(address)s is reached from this machine alone, and certificates are not printed: enter the public address "
                "in web.base.url, and True in web.base.url.freeze.", address=address)
        elif not parameters.get_param('web.base.url.freeze'):
            detail = self.env._(
                "%(address)s, until an administrator logs in under another one: enter True in web.base.url.freeze.",
                address=address)
        else:
            return {'is_done': True, 'detail': address}
        return {'is_done': False, 'detail': detail}

    def _check_mail(self):
        count = self.env['ir.mail_server'].search_count([])
        return {
            'is_done': bool(count),
            'detail': self.env._("Servers: %(count)s", count=count) if count else self.env._(
                "No server: letters, links and invitations would not leave."),
        }

    def _check_modules(self):
        unlisted = self.env['ir.module.module']._get_unlisted()
        return {
            'is_done': not unlisted,
            'detail': self.env._(
                "Not on the list: %(modules)s. Uninstall what calls services outside or nobody uses; enter what the "
                "association decided to have in the system parameter %(parameter)s.",
                modules=", ".join(unlisted.mapped('name')), parameter=MODULES_PARAMETER)
            if unlisted else self.env._("Only what is on the list is installed."),
            'domain': [('id', 'in', unlisted.ids)] if unlisted else [('state', '=', 'installed')],
        }

    def _check_departments(self):
        empty = self.env['cfia.department'].search([('user_ids', '=', False)])
        needed = empty.filtered(lambda department: department.code == 'organisation')
        return {
            'is_done': not needed and bool(self.env['cfia.department'].search_count([], limit=1)),
            'detail': self.env._("Without staff: %(departments)s", departments="、".join(empty.mapped('name')))
            if empty else self.env._("Every department has staff."),
        }

    def _check_roles(self):
        def users_of(role):
            # sudo is the caller's; Odoo's own superuser counts for nobody
            users = self.env.ref(f'cfia_membership.group_cfia_{role}').all_user_ids
            return users.filtered('active') - self.env.ref('base.user_root')

        verifiers, signers = users_of('organisation'), users_of('secretary_general')
        reasons = []
        if not signers:
            reasons.append(self.env._("Nobody has the role of secretary-general."))
        if not verifiers:
            reasons.append(self.env._("Nobody has the role of the organisation department."))
        if signers and verifiers and len(signers | verifiers) < 2:
            reasons.append(self.env._("Who verifies an application does not sign it: a second person is needed."))
        return {
            'is_done': not reasons,
            'detail': " ".join(reasons) or self.env._(
                "Verify: %(verifiers)s. Sign: %(signers)s.",
                verifiers=len(verifiers), signers=len(signers)),
        }

    def _check_signup(self):
        is_closed = self.env['res.users']._get_signup_invitation_scope() == 'b2b'
        return {
            'is_done': is_closed,
            'detail': self.env._("Only who is invited gets a login.") if is_closed else self.env._(
                "Anybody on the internet can make a login: set Customer Account to “On invitation”."),
        }

    def _check_congress(self):
        today = association_today()
        congress = self.env['cfia.congress']._get_current(today)
        is_running = bool(congress) and (not congress.date_end or congress.date_end >= today)
        return {
            'is_done': is_running,
            'detail': congress.name if is_running else self.env._("No term runs today: certificates would have no end."),
        }

    def _check_grades(self):
        grades = self.env['cfia.grade'].search([])
        return {'is_done': bool(grades), 'detail': "、".join(grades.mapped('name'))}

    def _check_number(self):
        Number = self.env['cfia.member.number']
        prefix, width = Number._get_format()
        count = Number.search_count([])
        is_set = self.env['ir.config_parameter'].search_count([('key', '=', PREFIX_PARAMETER)], limit=1)
        example = f'{prefix}{1:0{width}d}'
        return {
            'is_done': bool(count or is_set),
            'detail': self.env._("%(example)s, numbers given: %(count)s", example=example, count=count)
            if count or is_set else self.env._(
                "%(example)s unless you save another; it locks with the first number.", example=example),
        }

    def _check_in_force(self):
        day = self.env.company.cfia_date_in_force
        return {
            'is_done': bool(day),
            'detail': self.env['cfia.document']._format_official_date(day) if day else self.env._(
                "Not set: no duty of the regulation is counted."),
        }

    def _check_privacy(self):
        notice = self.env['cfia.privacy.notice']._get_current()
        return {'is_done': bool(notice), 'detail': notice.display_name if notice else self.env._("None is released.")}

    def _check_roster(self):
        members = self.env['res.partner'].search_count([('member_state', '=', 'member')])
        waiting = self.env['cfia.roster.import'].search_count([('state', 'in', ('draft', 'checked'))])
        return {
            'is_done': bool(members) and not waiting,
            'detail': self.env._("Members: %(count)s; lists not imported yet: %(waiting)s", count=members, waiting=waiting),
        }

    def _check_review(self):
        count = self.env['cfia.review.item'].search_count([('state', '=', 'open')])
        return {'is_done': not count, 'detail': self.env._("To verify: %(count)s", count=count),
                'domain': [('state', '=', 'open')] if count else []}

    def _check_certificates(self):
        Partner = self.env['res.partner']
        domain = Partner._get_certificate_gap_domain()
        count = Partner.search_count(domain)
        return {
            'is_done': not count and bool(Partner.search_count([('member_state', '=', 'member')], limit=1)),
            'detail': self.env._("Members without a valid certificate on record: %(count)s", count=count),
            'domain': list(domain) if count else [('member_state', '=', 'member')],
        }

    def _check_portal(self):
        groups = dict(self.env['cfia.portal.invitation.line']._read_group([], ['state'], ['__count']))
        running = self.env['cfia.portal.invitation'].search_count([('state', '=', 'running')])
        invited = groups.get('invited', 0) + groups.get('has_access', 0)
        return {
            'is_done': bool(invited) and not running,
            'detail': self.env._(
                "Invited or with access: %(invited)s; not reached: %(failed)s", invited=invited,
                failed=sum(groups.values()) - invited - groups.get('waiting', 0)),
        }

    def _check_first(self):
        count = self.env['cfia.membership.application'].search_count([('state', '=', 'approved')])
        return {'is_done': bool(count), 'detail': self.env._("Signed: %(count)s", count=count)}


class CfiaGoliveStep(models.TransientModel):
    """One step on the way to the first day, as the records say."""

    _name = 'cfia.golive.step'
    _description = "Step of Going Live"
    _order = 'sequence, id'

    golive_id = fields.Many2one('cfia.golive', required=True, readonly=True, index=True, ondelete='cascade')
    sequence = fields.Integer(readonly=True)
    key = fields.Char(readonly=True)
    section = fields.Char(string="Chapter", readonly=True)
    name = fields.Char(string="Step", readonly=True)
    state = fields.Selection(
        selection=[('done', "Done"), ('open', "To do"), ('blocked', "Waits")], string="Status", readonly=True)
    detail = fields.Char(string="What Is There", readonly=True)
    blocker = fields.Char(string="What Blocks", readonly=True)
    action_xmlid = fields.Char(readonly=True)
    domain = fields.Char(readonly=True)

    def action_open(self):
        """Open the place where the step is done."""
        self.ensure_one()
        # sudo: the steps count what this user may not read; from the code's own list, not from what a client wrote
        steps = {step['key']: step for step in self.env['cfia.golive'].sudo()._get_golive_steps()}
        step = steps[self.key]
        action = self.env['ir.actions.act_window']._for_xml_id(step['action'])
        if step.get('domain') is not None:
            action['domain'] = list(Domain(step['domain']))
            action['context'] = {}
        return action
