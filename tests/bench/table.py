"""The table of ``./cfia bench all``: which row is compared with what, what it may take, and how it is shown."""
import math

#: The size at which targets hold, and the largest that is billed.
TARGET_SIZE = 20_000
#: What grows with the number of members at all: pages and lists of 80 rows do not.
GROWTH_LIMIT = 1.1
#: Shorter times say nothing of growth.
GROWTH_SECONDS = 0.05
#: Rows of so many records at every size.
FIXED = {'billing_flat', 'standing_oca'}
#: name → (what it is, what the floor is, the most that ours may take of it)
ROWS = {
    'billing': ("Billing two years", "plain Odoo, invoices created and posted", 1 / 2),
    'billing_oca': ("Billing two years", "OCA membership 19.0", 1 / 2),
    'billing_flat': ("A batch of bills at the end of the run", "at its beginning", 1.2),
    'standing_oca': ("Standing of 400 members", "OCA membership 19.0, state", 1),
    'collection_round': ("Collection round, PDFs apart", "Odoo queueing the same mails", 1.2),
    'roster_import': ("Import of a list of members", "Odoo's load of as many partner rows", 1.5),
    'obligations': ("Board of duties, counted", "its SELECTs by themselves", 2),
    'daily_status': ("Services to open and close", "its SELECTs by themselves", 2),
    'statistics': ("Quarterly statistics", "plain SQL", 1.5),
    'change_list_xlsx': ("Change list as xlsx", "plain xlsxwriter", 2),
    'roster_xlsx': ("Roster as xlsx", "plain xlsxwriter", 2),
    'mailing_list_xlsx': ("Mailing list as xlsx", "plain xlsxwriter", 2),
    'search': ("A member found, slowest term", "a tenth of a second", 1),
    'partner_list': ("List of contacts", "without the suite", 1.3),
    'partner_form': ("Form of a member", "a contact's without the suite", 1.3),
    'partner_search': ("Contacts, a filter or grouping", "without the suite", 1.3),
    'application_kanban': ("Board of applications", "Odoo's board of invoices", 1.3),
    'dues_list': ("List of dues", "Odoo's list of invoices", 1.3),
    'dues_search': ("Dues, a filter or grouping", "Odoo's invoices", 1.3),
    'portal_home': ("Portal, first page", "Odoo's own /my", 1.2),
    'workplace': ("Workplace opened", "list of contacts opened", 2),
    'sign_in': ("From password to workplace", "to the list of contacts", 2),
}


def tabulate(lines, failures, minutes, machine):
    """Make the figures of what was measured.

    :param list lines: what the parts entered
    :param list failures: texts of what went wrong beside
    :param float minutes: how long it took
    :param dict machine: what it was measured on
    :return: ``table`` (rows), ``misses`` (texts), ``minutes``, ``machine``, ``passed``, and name → figure
    :rtype: dict
    """
    found, errors = {}, []
    for line in lines:
        if 'error' in line:
            errors.append(f"{line['name']}, {line['size']:,} members: {line['error'].strip().splitlines()[-1]}")
        elif 'name' in line:
            found.setdefault(line['name'], {})[line['size']] = line
    table, misses, figures = [], [*failures, *errors], {}
    for name, (title, floor_title, most) in ROWS.items():
        sizes = sorted(found.get(name, ()))
        if not sizes:
            misses.append(f"{title} ({floor_title}): not measured")
            continue
        judged = max((size for size in sizes if size <= TARGET_SIZE), default=None)
        growth = None if name in FIXED else growth_exponent([
            (size, found[name][size]['ours']['seconds']) for size in sizes])
        for size in sizes:
            ours, floor = found[name][size]['ours'], found[name][size]['floor']
            ratio = ours['seconds'] / floor['seconds']
            row = {
                'name': name, 'title': title, 'floor_title': floor_title, 'size': size, 'ours_s': ours['seconds'],
                'floor_s': floor['seconds'], 'ratio': ratio, 'most': most, 'queries': round(ours.get('queries', 0)),
                'memory_mb': ours.get('memory_mb'), 'growth': None, 'verdict': '',
            }
            if size == judged:
                row['growth'] = growth
                faults = []
                if ratio > most:
                    faults.append(f"{ratio:.2f} of at most {most:g}")
                if growth is not None and growth > GROWTH_LIMIT:
                    faults.append(f"grows by {growth:.2f}")
                row['verdict'] = '; '.join(faults) or 'kept'
                misses += [f"{title}, beside {floor_title}, at {size:,}: {fault}" for fault in faults]
            table.append(row)
            figures[f'{name}_{size}_s'] = round(ours['seconds'], 4)
            figures[f'{name}_{size}_ratio'] = round(ratio, 2)
    parts = [(line['part'], line['size'], line['took']) for line in lines if 'part' in line]
    return {
        **figures, 'table': table, 'misses': misses, 'minutes': round(minutes, 1), 'machine': machine, 'passed': not misses,
        'parts': {f'{part}_{size}': round(took) for part, size, took in parts}}


def growth_exponent(points):
    """Return the exponent b of seconds = a × members^b that fits best, None for one size and for moments."""
    points = [(math.log(size), math.log(seconds)) for size, seconds in points if seconds >= GROWTH_SECONDS]
    if len(points) < 2:
        return None
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _y in points)


def format_row(row):
    """Return a row's cells as text."""
    return [
        f"{row['size']:,}", f"{row['ours_s']:,.3f}", f"{row['floor_s']:,.3f}", f"{row['ratio']:.2f}",
        f"{row['most']:g}", f"{row['queries']:,}" if row['queries'] else '–', f"{row['memory_mb']:,}" if row['memory_mb'] else '–',
        '–' if row['growth'] is None else f"{row['growth']:.2f}", row['verdict']]


WRITTEN_BY = """\
Written by `./cfia bench all --write docs/measurements.md`; not edited by hand. What each row is and how it is measured
stands in [tests/bench/README.md](../tests/bench/README.md)."""
HOW_MEASURED = """\
A ratio is ours by the floor, both measured by turns in one run. Targets hold at 20,000 members, or at the largest size up
to it; growth is the exponent b of seconds = a × members^b over all sizes. Peak memory is the whole process's, in which
three databases are open."""
HEAD = ('members', 'ours s', 'floor s', 'ratio', 'most', 'queries', 'peak MB', 'growth', 'verdict')


def to_text(figures):
    """Return the table for a terminal, with what falls short below it."""
    lines = [f"{'':<40} {'beside':<40}" + ''.join(f'{title:>10}' for title in HEAD[:-1]) + '  ' + HEAD[-1]]
    lines.append('-' * len(lines[0]))
    before = None
    for row in figures['table']:
        cells = format_row(row)
        titles = ('', '') if row['name'] == before else (row['title'], row['floor_title'])
        lines.append(f"{titles[0]:<40} {titles[1]:<40}" + ''.join(f'{cell:>10}' for cell in cells[:-1]) + '  ' + cells[-1])
        before = row['name']
    lines.append(f"\n{figures['minutes']} minutes; " + '; '.join(f'{key} {value}' for key, value in figures['machine'].items()))
    lines += [f"✗ {miss}" for miss in figures['misses']] or ["✓ every target is kept"]
    return '\n' + '\n'.join(lines)


def to_markdown(figures):
    """Return the table as a document.

    :param dict figures: as :func:`tabulate` gives them
    :rtype: str
    """
    machine = figures['machine']
    lines = [
        "# Measurements", '',
        WRITTEN_BY, '',
        f"- Date: {machine['date']}, {figures['minutes']} minutes",
        f"- Machine: {machine['processor']}, {machine['memory']} of memory, load {machine['load']}",
        f"- PostgreSQL {machine['postgresql']}, Odoo 19.0, one process", '',
        HOW_MEASURED, '',
        '| | beside | ' + ' | '.join(HEAD) + ' |', '|---|---|' + '---:|' * (len(HEAD) - 1) + '---|']
    before = None
    for row in figures['table']:
        titles = ('', '') if row['name'] == before else (row['title'], row['floor_title'])
        lines.append('| ' + ' | '.join((*titles, *format_row(row))) + ' |')
        before = row['name']
    lines += ['', "## What falls short", '']
    lines += [f"- {miss}" for miss in figures['misses']] or ["Nothing: every target is kept."]
    return '\n'.join(lines) + '\n'
