from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaServiceReview(models.Model):
    """A look at the service board with its numbers, and what the departments were told (article 3.0)."""

    _name = 'cfia.service.review'
    _description = "Review of Services"
    _inherit = ['cfia.ledger.mixin', 'mail.thread']
    _mail_post_access = 'read'
    _order = 'date desc, id desc'
    _made_by_steps = True
    _guard_texts = {'create': _lt("Reviews are recorded on the service board.")}

    date = fields.Date(required=True, readonly=True, default=lambda self: association_today(), index=True)
    user_id = fields.Many2one(
        'res.users', string="Reviewed By", required=True, readonly=True, ondelete='restrict',
        default=lambda self: self.env.user)
    row_ids = fields.One2many('cfia.service.review.row', 'review_id', string="Board Rows", readonly=True)
    waiting_count = fields.Integer(string="Due Now", readonly=True)
    late_count = fields.Integer(string="Late", readonly=True)
    told_department_ids = fields.Many2many(
        'cfia.department', 'cfia_service_review_department_rel', string="Departments Told", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for review in self:
            review.display_name = self.env._("Review of services %(date)s", date=review.date or '')

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, rows):
        """Keep the numbers of a board and tell the departments what is late with them.

        :param rows: recordset of `cfia.service.board`
        :return: the review
        """
        late = rows.filtered('late_count')
        # sudo: nobody writes the ledger of reviews by himself
        review = unlocked(self.sudo()).create({
            'user_id': self.env.uid,
            'waiting_count': sum(rows.mapped('waiting_count')),
            'late_count': sum(late.mapped('late_count')),
            'told_department_ids': late.department_id.filtered('user_ids').ids,
            'row_ids': [
                fields.Command.create({
                    'name': row.name,
                    'service_id': row.service_id.id,
                    'department_id': row.department_id.id,
                    'waiting_count': row.waiting_count,
                    'late_count': row.late_count,
                    'member_count': row.member_count,
                })
                for row in rows if row.waiting_count
            ],
        })
        for department, department_rows in late.grouped('department_id').items():
            review._tell_department(department, department_rows)
        return review

    def _tell_department(self, department, rows):
        """Tell the staff of a department what is late.

        :param rows: the department's rows of the board with something late
        """
        # sudo: who is of a department is no secret
        partners = department.sudo().user_ids.filtered('active').partner_id
        if partners:
            self.message_notify(
                partner_ids=partners.ids, subject=self.env._("Late services of %(department)s", department=department.name),
                body=self.env._(
                    "The organisation department asks you to see to what is late: %(rows)s.",
                    rows="；".join(f"{row.service_id.name} · {row.name} {row.late_count}" for row in rows)))


class CfiaServiceReviewRow(models.Model):
    """A number of the service board as it was."""

    _name = 'cfia.service.review.row'
    _description = "Row of a Review of Services"
    _inherit = ['cfia.ledger.mixin']
    _order = 'review_id desc, department_id, service_id, id'

    review_id = fields.Many2one('cfia.service.review', required=True, readonly=True, index=True, ondelete='restrict')
    name = fields.Char(string="What", readonly=True)
    service_id = fields.Many2one('cfia.service', required=True, readonly=True, ondelete='restrict')
    department_id = fields.Many2one('cfia.department', required=True, readonly=True, ondelete='restrict')
    waiting_count = fields.Integer(string="Due Now", readonly=True)
    late_count = fields.Integer(string="Late", readonly=True)
    member_count = fields.Integer(string="Members Waiting", readonly=True)
