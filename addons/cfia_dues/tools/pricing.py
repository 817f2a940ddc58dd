"""What a member owes for a year: one pure function of member, year and resolution.

Nothing here knows Odoo. Amounts are decimals, keys and clauses are passed through, so that the same
question always has the same answer and its reason.
"""
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal('0.01')


@dataclass(frozen=True)
class Rule:
    """An exemption or discount that the resolution grants.

    :param key: what the caller knows the rule by
    :param kind: ``exemption``, ``category``, ``second_half``, ``years_ahead`` or ``early_payment``
    :param percent: reduction, 0–100
    :param categories: enterprise categories it holds for, empty for all
    :param grades: grades it holds for, empty for all
    :param month_from: first month of joining that counts as the second half
    :param years_min: years that have to be agreed in advance
    :param until: (month, day) of the year dues are for, up to which payment counts as early
    """

    key: object
    kind: str
    percent: Decimal = Decimal(100)
    categories: frozenset = frozenset()
    grades: frozenset = frozenset()
    month_from: int = 7
    years_min: int = 2
    until: tuple = (1, 31)


@dataclass(frozen=True)
class Standard:
    """A congress's resolution: the amount for each grade, and rules in their order.

    :param leaving: ``billed`` where the year of leaving is owed only if it was billed before, ``due`` where
        it is owed in full
    :param returning: ``due`` where the year of coming back is owed as any other, ``new`` as by a new member,
        ``free``
    """

    key: object
    amounts: dict
    rules: tuple = ()
    leaving: str = 'billed'
    returning: str = 'due'


@dataclass(frozen=True)
class Member:
    """A member as of the day that counts.

    :param category_path: primary enterprise category and the ones above it
    :param years: years agreed in advance, 1 for the usual single year
    :param date_paid: day on which the year is paid in full, None while nobody knows
    :param away: periods without membership, pairs of first and last day, the last None while it goes on
    """

    grade: object
    category_path: frozenset = frozenset()
    date_joined: date | None = None
    years: int = 1
    date_paid: date | None = None
    away: tuple = ()


@dataclass(frozen=True)
class Price:
    """The answer.

    :param reason: ``standard``, ``rule``, or why there is no price: ``no_standard``, ``no_grade``,
        ``no_amount``, ``not_yet_member``, ``away``, ``left``, ``return_free``
    """

    reason: str
    base: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    rule: object = None

    @property
    def is_known(self):
        return self.reason in ('standard', 'rule')

    @property
    def discount(self):
        return self.base - self.amount


def price(member, year, standard):
    """Return what ``member`` owes for ``year`` under ``standard``.

    The first rule that holds decides; rules do not add up.

    :param Member member: as of the day that counts
    :param int year: calendar year
    :param Standard standard: resolution in force for the year, or None
    :rtype: Price
    """
    if standard is None:
        return Price('no_standard')
    if member.date_joined and member.date_joined.year > year:
        return Price('not_yet_member')
    presence, day = get_presence(member, year)
    if presence == 'away':
        return Price('away')
    if presence == 'left' and standard.leaving != 'due':
        return Price('left')
    if presence == 'returned' and standard.returning == 'free':
        return Price('return_free')
    if presence == 'returned' and standard.returning == 'new':
        member = replace(member, date_joined=day)
    if not member.grade:
        return Price('no_grade')
    if member.grade not in standard.amounts:
        return Price('no_amount')
    base = standard.amounts[member.grade]
    for rule in standard.rules:
        if _holds(rule, member, year):
            amount = (base * (100 - rule.percent) / 100).quantize(CENT, ROUND_HALF_UP)
            return Price('rule', base, amount, rule.key)
    return Price('standard', base, base)


def get_presence(member, year):
    """Tell what a year is in the course of a membership.

    :param Member member: with its periods without membership
    :param int year: calendar year
    :return: ``whole``, ``away`` (no day of membership), ``left`` (no member at its end) or ``returned`` (no
        member at its beginning), and the day of leaving or return
    :rtype: tuple
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    begin = max(filter(None, (first, member.date_joined)))
    for gone, back in member.away:
        if gone <= begin and (back is None or back >= last):
            return 'away', gone
    for gone, back in member.away:
        if gone <= last and (back is None or back >= last):
            return 'left', gone
    for gone, back in member.away:
        if gone <= first <= back:
            return 'returned', back + timedelta(days=1)
    return 'whole', None


def _holds(rule, member, year):
    """Tell whether ``rule`` holds for ``member`` in ``year``."""
    if rule.grades and member.grade not in rule.grades:
        return False
    if rule.categories and not rule.categories & member.category_path:
        return False
    if rule.kind == 'second_half':
        joined = member.date_joined
        return bool(joined) and joined.year == year and joined.month >= rule.month_from
    if rule.kind == 'years_ahead':
        return member.years >= rule.years_min
    if rule.kind == 'early_payment':
        return bool(member.date_paid) and member.date_paid <= last_early_day(rule, year)
    return True


def last_early_day(rule, year):
    """Return the last day on which paying ``year`` is early, clipped to the end of the month."""
    month, day = rule.until
    return date(year, month, min(day, monthrange(year, month)[1]))


def offers(member, year, standard):
    """Return the rules that would lower the price if the member paid early or several years ahead.

    :return: pairs of rule and the :class:`Price` that it would give
    :rtype: list
    """
    now = price(member, year, standard)
    if not now.is_known:
        return []
    result = []
    for rule in standard.rules:
        if rule.kind == 'years_ahead':
            willing = replace(member, years=max(member.years, rule.years_min))
        elif rule.kind == 'early_payment':
            willing = replace(member, date_paid=last_early_day(rule, year))
        else:
            continue
        offer = price(willing, year, standard)
        if offer.rule == rule.key and offer.amount < now.amount:
            result.append((rule, offer))
    return result
