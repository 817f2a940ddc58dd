"""Every figure of the suite on one generated association, beside what it is compared with, in one table.

The association has 1,000, then 5,000, then 20,000 members with ten years of events and two years of dues;
reads and set-based work go on to 100,000. Beside it grows a database of Odoo without the suite with the same
partners and as many invoices: screens and pages are compared with its own.
"""
import math
import os
from pathlib import Path

from launcher import templates
from launcher.console import say, step
from launcher.verbs.bench import run_script

SIZES = tuple(map(int, os.environ.get('CFIA_BENCH_SIZES', '1000,5000,20000,100000').split(',')))
#: The size at which targets hold, and the largest that is billed.
TARGET_SIZE = 20_000
#: name → (what the floor is, the most that ours may take of it)
TARGETS = {
    'billing': ("plain Odoo, created and posted", 1 / 2),
    'collection_round': ("Odoo queueing the same mails", 1.2),
    'obligations': ("the same SQL by itself", 2),
    'statistics': ("plain SQL", 1.5),
    'change_list_xlsx': ("plain xlsxwriter", 2),
    'partner_list': ("contacts without the suite", 1.3),
    'partner_form': ("contact without the suite", 1.3),
    'partner_search': ("contacts, a filter or grouping", 1.3),
    'application_kanban': ("Odoo's kanban of invoices", 1.3),
    'dues_list': ("Odoo's list of invoices", 1.3),
    'dues_search': ("invoices, a filter or grouping", 1.3),
    'portal_home': ("Odoo's own /my", 1.2),
    'contact_list_opened': ("contact list opened", 2),
}
#: What grows with the number of members at all: pages and lists of 80 do not.
GROWTH_LIMIT = 1.1


def run_place(place):
    """Run the benchmark.

    :param place: the launcher's work place
    :return: name → figure, with ``passed``
    :rtype: dict
    """
    folder = Path(__file__).parent
    databases = place.databases
    suite, floor = f'{templates.PREFIX}bench', f'{templates.PREFIX}benchfloor'
    databases.clone(templates.ensure_suite(place), suite)
    databases.clone(templates.ensure_base(place), floor)
    found, before = {}, 0
    try:
        for size in SIZES:
            with step(f"{size:,} members: the suite"):
                ours = run_script(place, suite, folder / 'parts.py', before + 1, size)
            with step(f"{size:,} partners: Odoo without it"):
                without = run_script(place, floor, folder / 'floor.py', before + 1, size)
            found[size] = {
                name: {'ours': sides['ours'], 'floor': sides['floor'] or without.get(name)}
                for name, sides in ours.items()}
            before = size
    finally:
        databases.drop(suite)
        databases.drop(floor)
    return tabulate(found)


def tabulate(found):
    """Print the table and return its figures.

    :param dict found: size → name → {ours, floor}
    """
    figures, misses = {}, []
    head = f"{'':<20} {'members':>8} {'ours s':>9} {'floor s':>9} {'ratio':>6} {'most':>5} {'queries':>8} {'MB':>6} {'growth':>6}  floor"
    say(f'\n{head}\n{"-" * len(head)}')
    for name, (floor_name, most) in TARGETS.items():
        sizes = [size for size in found if name in found[size]]
        growth = growth_exponent([(size, found[size][name]['ours']['seconds']) for size in sizes if size <= TARGET_SIZE])
        for size in sizes:
            ours, floor = found[size][name]['ours'], found[size][name]['floor']
            ratio = ours['seconds'] / floor['seconds'] if floor else None
            is_target = size == max(filter(lambda size: size <= TARGET_SIZE, sizes))
            figures[f'{name}_{size}_s'] = round(ours['seconds'], 4)
            figures[f'{name}_{size}_ratio'] = ratio and round(ratio, 2)
            if is_target and ratio and ratio > most:
                misses.append(f"{name}: {ratio:.2f} of at most {most:g}")
            say(f"{name if size == sizes[0] else '':<20} {size:>8,} {ours['seconds']:>9.3f} "
                f"{floor['seconds'] if floor else 0:>9.3f} {ratio or 0:>6.2f} {most if is_target else 0:>5.3g} "
                f"{round(ours['queries']):>8,} {ours['memory_mb']:>6,} {growth if is_target else 0:>6.2f}  "
                f"{floor_name if size == sizes[0] else ''}")
        if growth > GROWTH_LIMIT:
            misses.append(f"{name}: grows by {growth:.2f}")
        figures[f'{name}_growth'] = round(growth, 2)
    for miss in misses:
        say(f"✗ {miss}")
    return {**figures, 'is_printed': True, 'passed': not misses}


def growth_exponent(points):
    """Return the exponent b of seconds = a × members^b that fits best; 0 for a single size."""
    logs = [(math.log(size), math.log(max(seconds, 1e-6))) for size, seconds in points]
    if len(logs) < 2:
        return 0.0
    mean_x, mean_y = (sum(axis) / len(logs) for axis in zip(*logs))
    return (sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _y in logs))
