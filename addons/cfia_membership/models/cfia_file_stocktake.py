from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaFileStocktake(models.Model):
    """Stocktake of the paper files: along the shelf with a list, by scan or by hand."""

    _name = 'cfia.file.stocktake'
    _description = "Stocktake of Files"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'cfia.paper.mixin']
    _order = 'date desc, id desc'
    _frozen_when = {'open': ('date', 'place'), 'closed': ('name', 'date', 'place', 'user_id', 'scanned', 'scanned_place')}
    _guard_texts = {
        'write': _lt("A stocktake goes on by its buttons."),
        'unlink': _lt("It was begun. Close it instead."),
    }

    name = fields.Char(required=True)
    date = fields.Date(required=True, default=lambda self: association_today())
    place = fields.Char(string="Shelf", help="Only files whose shelf begins so; empty for all.")
    user_id = fields.Many2one('res.users', string="Counted By", default=lambda self: self.env.user)
    scanned = fields.Text(
        string="Scanned Numbers", help="One member number a line, as a barcode scanner types them.")
    scanned_place = fields.Char(
        string="Scanned At", help="Shelf where these files stood; empty where they stood in their place.")
    line_ids = fields.One2many('cfia.file.stocktake.line', 'stocktake_id')
    line_count = fields.Integer(compute='_compute_counts')
    found_count = fields.Integer(compute='_compute_counts')
    difference_ids = fields.One2many('cfia.file.difference', 'stocktake_id')
    unknown = fields.Text(string="Scanned, but No Member's Number", readonly=True)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('open', "Counting"), ('closed', "Finished")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
    )

    # === COMPUTE METHODS === #

    @api.depends('line_ids.result')
    def _compute_counts(self):
        counts = {}
        for stocktake, result, count in self.env['cfia.file.stocktake.line']._read_group(
                [('stocktake_id', 'in', self.ids)], ['stocktake_id', 'result'], ['__count']):
            counts.setdefault(stocktake, {})[result] = count
        for stocktake in self:
            own = counts.get(stocktake, {})
            stocktake.line_count = sum(own.values())
            stocktake.found_count = own.get('found', 0) + own.get('misplaced', 0)

    # === ACTION METHODS === #

    def action_start(self):
        """Put the files to look for on the list, in the order of the shelves."""
        self.check_access('write')
        for stocktake in self:
            if stocktake.state != 'draft':
                continue
            domain = [('place', '=like', f'{stocktake.place}%')] if stocktake.place else []
            files = self.env['cfia.member.file'].search(domain)
            if not files:
                raise UserError(self.env._("No file stands at “%(place)s”.", place=stocktake.place or ""))
            # sudo: the state is the buttons' to write
            unlocked(stocktake.sudo()).write({
                'state': 'open',
                'line_ids': [
                    Command.create({'file_id': file.id, 'expected_place': file.place}) for file in files],
            })
        return True

    def action_enter_scanned(self):
        """Note the scanned files as found; numbers that no file on the list has are kept aside."""
        self.check_access('write')
        self.ensure_one()
        self._check_open()
        numbers = list(dict.fromkeys(
            number.strip() for number in (self.scanned or '').splitlines() if number.strip()))
        by_number = {line.member_number: line for line in self.line_ids}
        lines = self.line_ids.browse([by_number[number].id for number in numbers if number in by_number])
        lines._set_found(self.scanned_place)
        unknown = [number for number in numbers if number not in by_number]
        # sudo: what was scanned is the workflow's to write; marking the lines above checks the right
        unlocked(self.sudo()).write({
            'scanned': False,
            'unknown': "\n".join(dict.fromkeys([*(self.unknown or '').splitlines(), *unknown])) or False,
        })
        return True

    def action_close(self):
        """Close the count; what was not found or stood elsewhere becomes work."""
        self.check_access('write')
        for stocktake in self.filtered(lambda stocktake: stocktake.state == 'open'):
            # sudo: results are the workflow's to write; the right was checked above
            unlocked(stocktake.line_ids.filtered(lambda line: line.result == 'pending').sudo()).result = 'missing'
            stocktake._enter_differences()
            # sudo: the state is the workflow's to write; the right was checked above
            unlocked(stocktake.sudo()).state = 'closed'
        return True

    def action_view_lines(self):
        """Open the list of files."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_file_stocktake_line_action'),
            'domain': [('stocktake_id', '=', self.id)],
        }

    def action_view_differences(self):
        """Open what has to be mended."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_file_difference_action'),
            'domain': [('stocktake_id', '=', self.id)],
            'context': {},
        }

    # === BUSINESS METHODS === #

    def _get_tables(self):
        """Return the list to walk along the shelves with; see ``cfia.paper.mixin``."""
        self.ensure_one()
        lines = self.line_ids
        results = {**dict(lines._fields['result']._description_selection(self.env)), 'pending': "□"}
        return [{
            'title': '',
            'is_list': True,
            'columns': [('number', self.env._("No."), 'count')] + [
                (name, lines._fields[name]._description_string(self.env), 'text')
                for name in ('expected_place', 'member_number', 'partner_id', 'result', 'found_place')],
            'widths': {
                'number': '6%', 'expected_place': '18%', 'member_number': '18%', 'partner_id': '32%',
                'result': '12%', 'found_place': '14%',
            },
            'rows': [
                {
                    'number': number,
                    'expected_place': line.expected_place,
                    'member_number': line.member_number,
                    'partner_id': line.partner_id.name,
                    'result': results[line.result],
                    'found_place': line.found_place,
                }
                for number, line in enumerate(lines, 1)],
        }]

    def _check_open(self):
        for stocktake in self:
            if stocktake.state != 'open':
                raise UserError(self.env._("“%(stocktake)s” is not being counted.", stocktake=stocktake.name))

    def _enter_differences(self):
        """Put missing and misplaced files on the work list, once each."""
        self.ensure_one()
        kinds = {'missing': 'not_found', 'misplaced': 'misplaced'}
        lines = self.line_ids.filtered(lambda line: line.result in kinds)
        # sudo: differences are entered by checks alone
        Difference = self.env['cfia.file.difference'].sudo().with_context(mail_create_nolog=True)
        earlier = Difference.search([
            ('partner_id', 'in', self.line_ids.partner_id.ids), ('kind', 'in', list(kinds.values())),
            ('state', '=', 'open'),
        ])
        # this count is the newer one
        earlier._close('mended')
        self.env.flush_all()
        unlocked(Difference).create([
            {
                'partner_id': line.partner_id.id,
                'kind': kinds[line.result],
                'detail': f"{line.expected_place or '-'} ≠ {line.found_place or '-'}",
                'stocktake_id': self.id,
                'user_id': self.user_id.id,
            }
            for line in lines
        ])


class CfiaFileStocktakeLine(models.Model):
    """One file to look for."""

    _name = 'cfia.file.stocktake.line'
    _description = "File to Look For"
    _inherit = ['cfia.guard.mixin']
    _order = 'stocktake_id, expected_place, file_id, id'
    _guard_texts = {'write': _lt("Files are noted by the scanner and by their buttons.")}

    stocktake_id = fields.Many2one('cfia.file.stocktake', required=True, readonly=True, index=True, ondelete='cascade')
    file_id = fields.Many2one('cfia.member.file', required=True, readonly=True, index=True, ondelete='restrict')
    partner_id = fields.Many2one(related='file_id.partner_id', store=True)
    member_number = fields.Char(related='file_id.name', string="File Number")
    expected_place = fields.Char(string="Shelf", readonly=True)
    found_place = fields.Char(string="Found At", readonly=True)
    result = fields.Selection(
        selection=[
            ('pending', "To look for"),
            ('found', "Found"),
            ('misplaced', "Found elsewhere"),
            ('missing', "Not found"),
        ],
        required=True,
        readonly=True,
        default='pending',
    )
    user_id = fields.Many2one('res.users', string="Noted By", readonly=True)
    date_found = fields.Datetime(readonly=True)

    _file_unique = models.UniqueIndex('(stocktake_id, file_id)', "A file is counted once.")

    def action_found(self):
        """Note by hand that the files stand in their place."""
        self.check_access('read')
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department keeps the files."))
        self.stocktake_id._check_open()
        self._set_found(False)
        return True

    def _set_found(self, place):
        """Note where the files stood.

        :param str place: shelf, nothing where they stood in their place
        """
        elsewhere = self.filtered(lambda line: place and line.expected_place != place)
        for result, lines in (('misplaced', elsewhere), ('found', self - elsewhere)):
            # sudo: lines are written by scans and buttons alone
            unlocked(lines.sudo()).write({
                'result': result,
                'found_place': place if result == 'misplaced' else False,
                'user_id': self.env.uid,
                'date_found': fields.Datetime.now(),
            })
