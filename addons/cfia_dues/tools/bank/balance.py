"""The running balance of a list tells what its other columns leave open, and whether all of it was read."""
from collections import defaultdict
from itertools import pairwise

_CENT = 0.005


def find_break(rows):
    """Return the first row whose balance does not follow from its neighbour's, None where all do.

    Lists run forwards or backwards; rows whose amount is in question are not judged. A column of which no
    step is the amount of its row, one way or the other, is no running balance.

    :param list rows: of one sheet, in the order of the file
    """
    best = None
    for account_rows in _by_account(rows):
        steps = [_steps(account_rows, order) for order in (1, -1)]
        if not any(abs(abs(step) - abs(row.amount)) < _CENT for both in steps for row, step in both):
            continue
        breaks = [[row for row, step in both if abs(step - row.amount) > _CENT] for both in steps]
        found = min(breaks, key=len)
        if found and (best is None or found[0].number < best.number):
            best = found[0]
    return best


def settle_sides(rows, words):
    """Give the rows of which the list does not say which way the money went the sign that the balance shows.

    :param list rows: of one sheet
    :param dict words: id of the row → what stands where the side should
    :return: the rows that stay open
    :rtype: list
    """
    todo = [row for row in rows if id(row) in words]
    if not todo:
        return []
    signs = defaultdict(set)
    for account_rows in _by_account(rows, with_open=True):
        steps = max(
            ([(row, step) for row, step in _steps(account_rows, order) if abs(abs(step) - abs(row.amount)) < _CENT]
             for order in (1, -1)), key=len)
        for row, step in steps:
            if id(row) in words:
                signs[words[id(row)]].add(1 if step > 0 else -1)
    unsure = []
    for row in todo:
        known = signs[words[id(row)]]
        if words[id(row)] and len(known) == 1:
            row.amount = abs(row.amount) * next(iter(known))
            row.error = '' if row.error == 'side' else row.error
        else:
            unsure.append(row)
    return unsure


def _by_account(rows, with_open=False):
    """Return the rows with a balance of each account, those in question left out."""
    groups = defaultdict(list)
    for row in rows:
        if row.error in ('amount', 'neutral') or (row.error == 'side' and not with_open):
            groups[row.own_account].append(None)
        else:
            groups[row.own_account].append(row if row.balance is not None else None)
    return groups.values()


def _steps(rows, order):
    """Return each row with what the balance changed by it, where its neighbour is known too."""
    ordered = rows if order > 0 else rows[::-1]
    return [
        (row, round(row.balance - before.balance, 2))
        for before, row in pairwise(ordered) if before is not None and row is not None]
