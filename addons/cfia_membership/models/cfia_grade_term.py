from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

ENTRY_KINDS = ('joined', 'rejoined', 'grade')
EXIT_KINDS = ('withdrawn', 'expelled', 'merged')


class CfiaGradeTerm(models.Model):
    """Grade of a member in one term of the congress, with the resolution that gave it.

    The history follows the ledger: every event that gives or ends a grade opens or ends a line here.
    A council post is suspended or removed here without touching membership.
    """

    _name = 'cfia.grade.term'
    _description = "Grade in a Term"
    _inherit = ['cfia.guard.mixin']
    _order = 'date_from desc, id desc'
    _made_by_steps = True
    _append_only = True
    _guard_texts = dict.fromkeys(
        ('create', 'write', 'unlink'), _lt("The history of grades follows the resolutions. Enter a resolution instead."))

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    congress_id = fields.Many2one(
        'cfia.congress', string="Congress Term", readonly=True, index='btree_not_null', ondelete='restrict')
    grade_id = fields.Many2one('cfia.grade', required=True, readonly=True, ondelete='restrict')
    is_council_post = fields.Boolean(related='grade_id.is_council_post')
    date_from = fields.Date(required=True, readonly=True)
    date_to = fields.Date(readonly=True)
    resolution_id = fields.Many2one(
        'cfia.resolution', readonly=True, index='btree_not_null', ondelete='restrict')
    state = fields.Selection(
        selection=[('active', "In office"), ('suspended', "Post suspended"), ('ended', "Ended")],
        required=True,
        readonly=True,
        default='active',
    )
    end_kind = fields.Selection(
        selection=[
            ('term', "New term of congress"),
            ('changed', "Grade changed"),
            ('removed', "Removed from the post"),
            ('left', "Left the association"),
        ],
        string="Ended By",
        readonly=True,
    )
    date_suspended = fields.Date(string="Suspended On", readonly=True)
    end_resolution_id = fields.Many2one(
        'cfia.resolution', string="Suspended or Ended by Resolution", readonly=True,
        index='btree_not_null', ondelete='restrict')

    _open_unique = models.UniqueIndex(
        '(partner_id) WHERE date_to IS NULL', "A unit holds one grade at a time.")
    _dates_in_order = models.Constraint(
        'CHECK (date_to IS NULL OR date_from <= date_to)', "A grade cannot end before it begins.")
    _order_idx = models.Index('(date_from DESC, id DESC)')
    _suspended_idx = models.Index("(date_from DESC, id DESC) WHERE state = 'suspended'")

    # === COMPUTE METHODS === #

    @api.depends('partner_id', 'grade_id')
    def _compute_display_name(self):
        for term in self:
            term.display_name = f"{term.partner_id.name or ''} · {term.grade_id.name or ''}"

    # === ACTION METHODS === #

    def action_decide(self):
        """Open the suspension, return or removal of these council posts."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Council Post"),
            'res_model': 'cfia.council.post.decide',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_term_ids': self.ids},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _follow(self, events):
        """Let the history follow events of joining, grade and exit.

        :param events: events just recorded, many records
        """
        # sudo: the history follows the ledger, nobody enters it
        congresses = self.env['cfia.congress'].sudo().search([], order='date_start desc')
        entries, exits = [], {}
        for event in events:
            if event.kind in ENTRY_KINDS and event.grade_id and event.member_state == 'member':
                congress = congresses.filtered(lambda term: term.date_start <= event.date_effective)[:1]
                entries.append({
                    'partner_id': event.partner_id.id,
                    'grade_id': event.grade_id.id,
                    'date_from': event.date_effective,
                    'congress_id': congress.id,
                    'resolution_id': event.res_model == 'cfia.resolution' and event.res_id,
                })
            elif event.kind in EXIT_KINDS:
                exits[event.partner_id.id] = event.date_effective
        self._start(entries, follow=True)
        if exits:
            # sudo: the history follows the ledger, nobody enters it
            open_terms = self.sudo().search([('partner_id', 'in', list(exits)), ('date_to', '=', False)])
            open_terms._end({term: exits[term.partner_id.id] for term in open_terms}, 'left')

    @api.model
    def _start(self, vals_list, end_kind='changed', follow=False):
        """Give grades from a day on, ending the ones held until then.

        :param list vals_list: dictionaries with ``partner_id``, ``grade_id``, ``date_from``,
            ``congress_id`` and ``resolution_id``
        :param str end_kind: why the grades held until then end
        :param bool follow: leave units alone that hold the grade already, in whatever term
        :return: the lines begun
        """
        if not vals_list:
            return self.browse()
        present = {
            term.partner_id.id: term
            # sudo: the history follows the ledger, nobody enters it
            for term in self.sudo().search([
                ('partner_id', 'in', [vals['partner_id'] for vals in vals_list]), ('date_to', '=', False)])
        }
        todo, ending = [], {}
        for vals in vals_list:
            term = present.get(vals['partner_id'])
            if term and term.grade_id.id == vals['grade_id'] and (
                    follow or term.congress_id.id == vals['congress_id']):
                continue
            todo.append(vals)
            if term:
                ending[term] = fields.Date.to_date(vals['date_from'])
        # sudo: the history follows the ledger, nobody enters it
        self.sudo().browse([term.id for term in ending])._end(
            ending, end_kind, todo[0]['resolution_id'] if todo else False)
        self.flush_model()
        # sudo: nobody enters history by hand, the right lies with the act that calls this method
        return unlocked(self.sudo()).create(todo)

    def _end(self, first_days, end_kind, resolution_id=False):
        """End these lines.

        :param dict first_days: line → first day on which it no longer holds
        """
        last_days = {term: max(term.date_from, first_days[term] - timedelta(days=1)) for term in self}
        for day, terms in self.grouped(last_days.get).items():
            unlocked(terms).write({
                'date_to': day,
                'state': 'ended',
                'end_kind': end_kind,
                'end_resolution_id': resolution_id,
            })

    def _suspend(self, resolution, date):
        """Suspend council posts; grade and membership stay as they are.

        :param resolution: the decision
        :param date date: first day of the suspension
        """
        # sudo: the wizard that decides checks the role; the history is the system's
        unlocked(self.sudo()).write({
            'state': 'suspended', 'date_suspended': date, 'end_resolution_id': resolution.id})
        self.sudo().partner_id._record_member_event(
            'suspended', date, note=resolution.display_name, res_model=resolution._name, res_id=resolution.id)

    def _resume(self, resolution, date):
        """End suspensions."""
        # sudo: the wizard that decides checks the role; the history is the system's
        unlocked(self.sudo()).write({
            'state': 'active', 'date_suspended': False, 'end_resolution_id': False})
        self.sudo().partner_id._record_member_event(
            'resumed', date, note=resolution.display_name, res_model=resolution._name, res_id=resolution.id)
