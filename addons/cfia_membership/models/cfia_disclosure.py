from datetime import timedelta

from psycopg2.errors import ReadOnlySqlTransaction

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.cfia_membership.tools.index import trigram_index

PERMIT_MINUTES = 15


class CfiaDisclosure(models.Model):
    """The one gate through which members' data leave in bulk or for others (regulation, article 1).

    A line says who took what, for whom and why: names of columns and numbers of rows, never values.
    """

    _name = 'cfia.disclosure'
    _description = "Disclosure of Member Data"
    _inherit = ['cfia.ledger.mixin']
    _order = 'id desc'

    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    user_id = fields.Many2one(
        'res.users', required=True, readonly=True, default=lambda self: self.env.user, index=True)
    kind = fields.Selection(
        selection=[
            ('export', "Export"),
            ('list', "List to a department"),
            ('label', "Labels"),
            ('vcard', "Business cards"),
            ('mail', "Mail attachment"),
            ('api', "Other system"),
            ('own', "Copy to the person itself"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Data", required=True, readonly=True)
    model_name = fields.Char(string="Data in Words", compute='_compute_words')
    reason = fields.Char(required=True, readonly=True)
    recipient = fields.Char(required=True, readonly=True)
    filter = fields.Char(string="Selection", readonly=True)
    field_names = fields.Text(string="Names of Columns", readonly=True)
    column_labels = fields.Text(string="Columns", compute='_compute_words')
    row_count = fields.Integer(string="Number of Rows", readonly=True)

    _recipient_trigram_idx = trigram_index('recipient')
    _reason_trigram_idx = trigram_index('reason')

    @api.depends('date', 'recipient')
    def _compute_display_name(self):
        for disclosure in self:
            disclosure.display_name = f"{disclosure.recipient or ''} {disclosure.row_count}"

    @api.depends('res_model', 'field_names')
    @api.depends_context('lang')
    def _compute_words(self):
        for disclosure in self:
            # sudo: the name of a model is no secret
            disclosure.model_name = self.env['ir.model']._get(disclosure.res_model).sudo().name or disclosure.res_model
            separator = '、' if (self.env.lang or '').startswith('zh') else ', '
            disclosure.column_labels = separator.join(
                disclosure._get_column_label(name) for name in (disclosure.field_names or '').split(', ') if name)

    def _get_column_label(self, name):
        """Return what people call a column, named by its path from the model that was handed out. One record.

        :param str name: of a field, with those that lead to it before, or of no field at all
        """
        self.ensure_one()
        model, field = self.env.get(self.res_model), None
        for step in name.replace('/', '.').split('.'):
            field = model._fields.get(step) if model is not None else None
            if not field:
                return name
            model = self.env.get(field.comodel_name) if field.relational else None
        return field._description_string(self.env) or name

    @api.model
    def _disclose(self, kind, records, field_names, reason=None, recipient=None, selection=None, row_count=None):
        """Let data pass and note it; to be called before they leave, with what leaves.

        Without ``reason`` and ``recipient`` the permit counts that the user has filled in for these
        data within the last quarter of an hour; it serves once.

        :param str kind: a value of the field
        :param records: what leaves, many records
        :param field_names: names of the columns, never values
        :param str selection: how the records were chosen
        :param int row_count: how many rows are shown, where that is not the number of records
        :raise UserError: for users without the right
        :raise RedirectWarning: leading to the permit when there is none
        :return: the line
        """
        if not reason:
            permit = self._take_permit(records._name)
            reason, recipient = permit.reason, permit.recipient
        if self.env.cr.readonly:
            # read routes begin without the right to write: the server repeats the request with it
            raise ReadOnlySqlTransaction("A disclosure is noted")
        # sudo: the gate notes what passes whoever passes
        return self.sudo().create({
            'kind': kind,
            'user_id': self.env.uid,
            'res_model': records._name,
            'reason': reason,
            'recipient': recipient,
            'filter': selection,
            'field_names': ", ".join(field_names),
            'row_count': len(records) if row_count is None else row_count,
        })

    @api.model
    def _disclose_table(self, records, title, row_count):
        """Note a table of figures that a user takes along. Figures need no permit, what they are of is on record.

        :param records: empty recordset of the model
        :param str title: what the table is called
        :param int row_count: its rows
        """
        if self.env.cr.readonly:
            # read routes begin without the right to write: the server repeats the request with it
            raise ReadOnlySqlTransaction("A disclosure is noted")
        # sudo: the gate notes what passes whoever passes
        self.sudo().create({
            'kind': 'export',
            'user_id': self.env.uid,
            'res_model': records._name,
            'reason': title or records._description,
            'recipient': self.env.user.name,
            'field_names': self.env._("Table of figures"),
            'row_count': row_count,
        })

    @api.model
    def _take_permit(self, model_name):
        """Use up the user's permit for ``model_name``.

        :raise UserError: for users without the right
        :raise RedirectWarning: when there is none
        """
        self._check_right(model_name)
        # sudo: the user's own permits, used up by the gate
        permit = self.env['cfia.disclosure.permit'].sudo().search([
            ('create_uid', '=', self.env.uid),
            ('res_model', '=', model_name),
            ('is_used', '=', False),
            ('create_date', '>=', fields.Datetime.now() - timedelta(minutes=PERMIT_MINUTES)),
        ], limit=1)
        if not permit:
            raise RedirectWarning(
                self.env._(
                    "Members' data leave with reason and recipient on record (article 1). Enter both, "
                    "then repeat what you were about to do."),
                # sudo: the id of an action is no secret
                self.env.ref('cfia_membership.cfia_disclosure_permit_action').sudo().id,
                self.env._("Enter Reason and Recipient"),
                {'default_res_model': model_name},
            )
        permit.is_used = True
        return permit

    @api.model
    def _check_right(self, model_name):
        """Refuse users who may not hand out members' data.

        :raise UserError: naming the data and who provides them
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_disclosure'):
            raise UserError(self.env._(
                "%(model)s holds members' data, which are not handed out (article 1). Ask the organisation "
                "department: it provides them with reason and recipient on record.",
                # sudo: the name of a model is no secret
                model=self.env['ir.model']._get(model_name).sudo().name))

    @api.model
    def _refuse_system(self, model_name):
        """Refuse a bulk read without reason and recipient.

        :raise UserError: saying how to give them
        """
        raise UserError(self.env._(
            "%(model)s holds members' data (article 1). To read more than %(limit)s rows at a time give "
            "cfia_disclosure_reason and cfia_disclosure_recipient in the context.",
            # sudo: the name of a model is no secret, the limit a setting
            model=self.env['ir.model']._get(model_name).sudo().name,
            limit=self.env.company.sudo().cfia_api_row_limit,
        ))


class CfiaDisclosurePermit(models.TransientModel):
    """Reason and recipient of one disclosure about to be made."""

    _name = 'cfia.disclosure.permit'
    _description = "Reason and Recipient of a Disclosure"
    _order = 'id desc'

    res_model = fields.Char(required=True)
    reason = fields.Char(required=True)
    recipient = fields.Char(required=True)
    is_used = fields.Boolean(readonly=True)

    def action_confirm(self):
        """Leave the permit for what the user repeats next."""
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._(
                    "Noted. It holds for one disclosure within %s minutes: repeat it now.", PERMIT_MINUTES),
                'next': {'type': 'ir.actions.act_window_close'},
            },
        }
