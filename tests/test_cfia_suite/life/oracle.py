"""What members owe, have paid and have in credit, told from the regulation and the resolution alone.

Nothing here knows Odoo or the suite. Money is counted in yuan and carries the transfer that it came by, so that a
transfer that is undone takes back what it paid, wherever that is by then.
"""
from dataclasses import dataclass, field
from datetime import date

AMOUNTS = {'member': 2000, 'director': 5000}


@dataclass
class Year:
    """One member's dues of one year: the bill that stands, if one does."""

    amount: int | None = None
    payer: str = ''
    waived: int = 0
    is_reversed: bool = False
    # [transfer, yuan] that pay the bill, in their order
    paid: list = field(default_factory=list)

    @property
    def is_open(self):
        return self.amount is not None and not self.is_reversed

    @property
    def owed(self):
        return self.amount - self.waived - sum(part for _transfer, part in self.paid) if self.is_open else 0


@dataclass
class Member:
    name: str
    joined: date
    grade: str = 'member'
    state: str = 'member'
    payer: str = ''
    heir: str = ''
    away: list = field(default_factory=list)
    years: dict = field(default_factory=dict)
    # [transfer, yuan] that pay nothing yet
    credit: list = field(default_factory=list)


class Association:
    """The rules: a year is owed by who is a member in it, at the price of his grade; money pays the oldest first."""

    def __init__(self):
        self.members = {}

    def admit(self, name, joined):
        self.members[name] = Member(name, joined)

    def get_price(self, name, year):
        """Return what a member would be billed for a year now, None where nothing is owed."""
        member = self.members[name]
        first, last = date(year, 1, 1), date(year, 12, 31)
        if member.joined > last:
            return None
        for gone, back in member.away:
            # no member at the end of the year: what was not billed before is not billed any more
            if gone <= last and (back is None or back > last):
                return None
            if gone <= max(first, member.joined) and back is not None and back > last:
                return None
        price = AMOUNTS[member.grade]
        # 下半年入会单位当年会费减半
        return price // 2 if member.joined.year == year and member.joined.month >= 7 else price

    def bill(self, name, year):
        """Bill a year that has no bill, or whose bill was cancelled or reversed. Return whether it was."""
        member = self.members[name]
        entry = member.years.setdefault(year, Year())
        price = self.get_price(name, year)
        if entry.is_open or price is None:
            return False
        self._open(member, entry, price)
        return True

    def _open(self, member, entry, price):
        entry.amount, entry.is_reversed = price, False
        entry.payer = self.get_payer(member)
        entry.waived = min(entry.waived, price)
        self._spend(member, entry)

    def get_payer(self, member):
        return member.payer or member.name

    def _spend(self, member, entry):
        """Pay a new bill from what the member, and those that merged into it, have in credit."""
        for owner in (member, *(other for other in self.members.values() if self.get_heir(other.name) == member.name)):
            for part in owner.credit if owner.name == member.name or owner.heir else ():
                share = min(part[1], entry.owed)
                if share > 0:
                    part[1] -= share
                    entry.paid.append([part[0], share])
            owner.credit = [part for part in owner.credit if part[1] > 0]

    def get_heir(self, name):
        while self.members[name].heir:
            name = self.members[name].heir
        return name

    def pay(self, name, transfer, amount, year=None):
        """Money by which a member's number stands: the year named first, then the oldest, the rest is credit."""
        name = self.get_heir(name)
        owing = sorted(
            (each != year, each, other.name) for other in self.members.values() if self.get_heir(other.name) == name
            for each, entry in other.years.items() if entry.owed > 0)
        for _named, each, owner in owing:
            entry = self.members[owner].years[each]
            share = min(amount, entry.owed)
            if share > 0:
                entry.paid.append([transfer, share])
                amount -= share
        if amount > 0:
            self.members[name].credit.append([transfer, amount])

    def undo(self, transfer):
        """Money that did not come, or went back: nothing is paid by it."""
        for member in self.members.values():
            member.credit = [part for part in member.credit if part[0] != transfer]
            for entry in member.years.values():
                entry.paid = [part for part in entry.paid if part[0] != transfer]

    def cancel(self, name, year):
        """A bill that should not be: it is owed no more, its money is the member's."""
        member = self.members[name]
        entry = member.years[year]
        member.credit += entry.paid
        entry.paid, entry.amount = [], None

    def reverse(self, name, year):
        """A credit note over all of a bill: taken off, its money is the member's."""
        member = self.members[name]
        entry = member.years[year]
        member.credit += entry.paid
        entry.paid, entry.is_reversed = [], True

    def correct(self, name, year):
        """A wrong bill is replaced: priced by what is right now, the money follows."""
        member = self.members[name]
        entry = member.years[year]
        member.credit = entry.paid + member.credit
        entry.paid, entry.amount = [], None
        price = self.get_price(name, year)
        if price is not None:
            self._open(member, entry, price)

    def waive(self, name, year, amount):
        self.members[name].years[year].waived += amount

    def leave(self, name, day, state, heir=''):
        member = self.members[name]
        member.state, member.heir = state, heir
        member.away.append((day, None))
        if heir:
            for other in self.members.values():
                if other.payer == name:
                    other.payer = heir if other.name != heir else ''

    def carry(self, name, heir):
        """What a unit that left has in credit is another member's, and pays what that one owes, the oldest first."""
        member, other = self.members[name], self.members[heir]
        other.credit += member.credit
        member.credit = []
        for year in sorted(other.years):
            self._spend(other, other.years[year])

    def come_back(self, name, day):
        member = self.members[name]
        gone, _back = member.away.pop()
        if day > gone:
            member.away.append((gone, day))
        member.state = 'member'
        self.bill(name, day.year)

    def get_figures(self, name, year):
        """Return what a year's dues are: billed, paid, taken off, open."""
        entry = self.members[name].years.get(year, Year())
        if entry.amount is None:
            return (0, 0, 0, 0)
        paid = sum(part for _transfer, part in entry.paid)
        if entry.is_reversed:
            return (entry.amount, 0, entry.amount, 0)
        return (entry.amount, paid, entry.waived, entry.owed)

    def get_credit(self, name):
        return sum(part for _transfer, part in self.members[name].credit)
