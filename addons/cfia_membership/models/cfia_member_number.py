from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

PREFIX_PARAMETER = 'cfia_membership.number_prefix'
WIDTH_PARAMETER = 'cfia_membership.number_width'
DEFAULT_PREFIX = 'CFIA-'
DEFAULT_WIDTH = 5


class CfiaMemberNumber(models.Model):
    """Register of member numbers (终身一号制): one number for life, never changed, never given twice.

    A number is taken by inserting its row: the unique index on ``value`` is the lock. Two sessions
    that approve at the same instant meet at the index; the second waits and takes the next number,
    and a session that rolls back leaves no gap.
    """

    _name = 'cfia.member.number'
    _description = "Member Number"
    _inherit = ['cfia.ledger.mixin']
    _order = 'value desc'

    value = fields.Integer(required=True, readonly=True, aggregator=None)
    name = fields.Char(string="Number", required=True, readonly=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", readonly=True, index='btree_not_null', ondelete='restrict')
    origin = fields.Selection(
        selection=[
            ('issued', "Issued here"),
            ('imported', "From an earlier list"),
            ('reserved', "Reserved"),
        ],
        required=True,
        readonly=True,
    )

    _value_unique = models.UniqueIndex('(value)', "This member number is already taken.")
    _partner_unique = models.UniqueIndex(
        '(partner_id) WHERE partner_id IS NOT NULL', "A unit has one number for life.")
    _value_positive = models.Constraint('CHECK (value > 0)', "Member numbers start at 1.")
    _name_trigram_idx = trigram_index('name')

    # === BUSINESS METHODS === #

    @api.model
    def _get_format(self):
        """Return the printed form of numbers.

        :return: prefix and number of digits
        :rtype: tuple[str, int]
        """
        # sudo: the form of numbers is a setting
        get_param = self.env['ir.config_parameter'].sudo().get_param
        return (
            get_param(PREFIX_PARAMETER, DEFAULT_PREFIX),
            int(get_param(WIDTH_PARAMETER, DEFAULT_WIDTH)),
        )

    @api.model
    def _format(self, value):
        """Return the canonical form of a number, such as ``CFIA-00012``.

        :param int value: the number without prefix
        """
        prefix, width = self._get_format()
        return f'{prefix}{value:0{width}d}'

    @api.model
    def _issue(self, partners):
        """Give each of ``partners`` that has none the next free number, in the order given.

        Takes the index lock until the transaction ends: call it as late as possible.

        :param partners: units, many records
        """
        partners = partners.filtered(lambda partner: not partner.member_number)
        if not partners:
            return
        first = self._take_next_value(partners[0])
        self._insert([
            (first + offset, partner.id, 'issued')
            for offset, partner in enumerate(partners[1:], start=1)
        ])
        self._write_on_partners({
            partner: self._format(first + offset) for offset, partner in enumerate(partners)
        })

    @api.model
    def _enter_numbers(self, entries):
        """Enter numbers that were given elsewhere, or that must not be given.

        A reserved number may later be registered for a unit, which then holds it.

        :param list entries: tuples (value, partner or empty recordset, origin), origin being
            ``imported`` or ``reserved``
        :raise UserError: when a number is already held
        """
        if not entries:
            return
        values = [value for value, _partner, _origin in entries]
        # sudo: the register is read by nobody directly
        existing = {number.value: number for number in self.sudo().search([('value', 'in', values)])}
        new_rows = []
        for value, partner, origin in entries:
            number = existing.get(value)
            if not number:
                new_rows.append((value, partner.id or None, origin))
            elif number.origin == 'reserved' and partner:
                unlocked(number).write({'partner_id': partner.id, 'origin': origin})
            elif number.partner_id != partner:
                raise UserError(self.env._(
                    "Number %(number)s is already held by %(unit)s. Every number belongs to one unit for life.",
                    number=number.name, unit=number.partner_id.display_name or self.env._("a reservation"),
                ))
        self._insert(new_rows)
        self._write_on_partners({
            partner: self._format(value) for value, partner, _origin in entries if partner
        })

    @api.model
    def _repair(self, partner, value):
        """Give a unit another number. Its wrong one stays reserved: no number is given twice.

        :param int value: the right number, without prefix
        :return: the register's line of the right number
        :raise UserError: when another unit holds it
        """
        # sudo: the register is read by nobody directly
        numbers = self.sudo().search(['|', ('value', '=', value), ('partner_id', '=', partner.id)])
        right = numbers.filtered(lambda number: number.value == value)
        if right.partner_id and right.partner_id != partner:
            raise UserError(self.env._(
                "Number %(number)s is already held by %(unit)s. Every number belongs to one unit for life.",
                number=right.name, unit=right.partner_id.display_name,
            ))
        unlocked(numbers - right).write({'partner_id': False, 'origin': 'reserved'})
        self.flush_model()
        if right:
            unlocked(right).write({
                'partner_id': partner.id,
                'origin': 'imported' if right.origin == 'reserved' else right.origin,
            })
        else:
            self._insert([(value, partner.id, 'imported')])
        self._write_on_partners({partner: self._format(value)})
        # sudo: the register is read by nobody directly
        return self.sudo().search([('value', '=', value)])

    def _take_next_value(self, partner):
        """Insert the first free number above the highest for ``partner`` and return its value."""
        self.flush_model()
        [(value,)] = self.env.execute_query(SQL(
            "SELECT COALESCE(MAX(value), 0) FROM cfia_member_number"))
        while True:
            value += 1
            try:
                with self.env.cr.savepoint(flush=False):
                    self._insert([(value, partner.id, 'issued')])
            except pg_errors.UniqueViolation as error:
                # another session took it and committed after our snapshot: try the next
                if error.diag.constraint_name != 'cfia_member_number_value_unique':
                    raise
            else:
                return value

    def _insert(self, rows):
        """Insert rows at once, past the ORM, so that a taken value shows as a database error.

        :param list rows: tuples (value, partner id or None, origin)
        """
        if not rows:
            return
        # a taken value is no error: the caller takes the next
        self.env.cr.execute(SQL(
            """
            INSERT INTO cfia_member_number
                        (value, name, partner_id, origin, create_uid, create_date, write_uid, write_date)
                 VALUES %s
            """,
            SQL(", ").join(
                SQL(
                    "(%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC')",
                    value, self._format(value), partner_id, origin, self.env.uid, self.env.uid,
                )
                for value, partner_id, origin in rows
            ),
        ), log_exceptions=False)
        self.invalidate_model()

    def _write_on_partners(self, number_by_partner):
        """Write the printed number on the units.

        :param dict number_by_partner: unit → canonical number
        """
        for partner, number in number_by_partner.items():
            if partner.member_number != number:
                # sudo: the number is written by the register alone
                unlocked(partner.sudo()).write({'member_number': number})
