from odoo import api, fields, models


class CfiaDepartment(models.Model):
    """Department of the association (部门)."""

    _name = 'cfia.department'
    _description = "Department"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    user_ids = fields.Many2many('res.users', string="Staff")
    head_id = fields.Many2one(
        'res.users', string="Head of Department", ondelete='set null', domain="[('id', 'in', user_ids)]",
        help="Gets the department's tasks.")
    deputy_id = fields.Many2one(
        'res.users', string="Stands In", ondelete='set null', domain="[('id', 'in', user_ids)]",
        help="Gets the department's tasks while its head is away.")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")

    # === BUSINESS METHODS === #

    def _get_responsible(self):
        """Return who gets the tasks of this department, or an empty recordset where it has no staff.

        The head, then who stands in, then the staff in the order in which they came, the system's manager
        last. Whoever is away is passed over while somebody is there; an archived user never gets anything.
        """
        self.ensure_one()
        # sudo: who is of a department is no secret
        department_sudo = self.sudo()
        staff = department_sudo.user_ids.sorted(
            # the manager belongs to every department, its own staff does the work
            lambda user: (user.has_group('cfia_membership.group_cfia_manager'), user.id))
        present = (department_sudo.head_id + department_sudo.deputy_id + staff).filtered('active')
        return (present.filtered(lambda user: not user.is_out_of_office) or present)[:1].sudo(False)

    @api.model
    def _get_responsible_of(self, code):
        """Return who gets the tasks of the department with this code, see :meth:`_get_responsible`.

        :param str code: e.g. ``organisation``; for it the users of its role follow where it has no staff
        """
        # sudo: as above
        user = self.sudo().search([('code', '=', code)], limit=1)
        user = user._get_responsible() if user else self.env['res.users']
        if not user and code == 'organisation':
            user = self.env.ref('cfia_membership.group_cfia_organisation').sudo().all_user_ids.filtered('active').sorted(
                lambda user: (user.has_group('cfia_membership.group_cfia_manager'), user.id))[:1]
        return user.sudo(False)
