"""Installation of cfia_membership on a database with plain partners against an empty one.

Both databases are copies of the modules that the suite stands on; Odoo's own command installs the
add-on on each, without demo data. Nothing on partners is computed and stored, so what the larger
one has more to do is to build indexes.
"""
import statistics
import time

from launcher import templates
from launcher.console import step

PARTNERS = 50_000
ROUNDS = 3
LIMITS = {'ratio': 1.2}
MODULE = 'cfia_membership'
PARTNER_SQL = """
    INSERT INTO res_partner (name, complete_name, is_company, parent_id, commercial_partner_id, phone, email,
                             street, type, active, lang, autopost_bills, create_uid, write_uid, create_date, write_date)
         SELECT '演示单位' || n, '演示单位' || n, true, NULL, NULL,
                '010-' || lpad(n::text, 8, '0'), 'partner' || n || '@plain.example',
                '演示路' || n || '号', 'contact', true, 'zh_CN', 'ask', 1, 1, now(), now()
           FROM generate_series(1, %s) AS n
"""


def run_place(place):
    """Run the benchmark.

    :param place: the launcher's work place
    :return: name → figure, ``limits`` and ``passed`` among them
    :rtype: dict
    """
    base = templates.ensure_base(place)
    empty, filled = [], []
    for number in range(1, ROUNDS + 1):
        with step(f"Round {number} of {ROUNDS}"):
            # by turns, so that both see the same machine
            empty.append(measure(place, base, 0))
            filled.append(measure(place, base, PARTNERS))
    figures = {
        'partners': PARTNERS,
        'empty_seconds': round(statistics.median(empty), 1),
        'filled_seconds': round(statistics.median(filled), 1),
        'ratio': round(statistics.median(filled) / statistics.median(empty), 2),
        'limits': LIMITS,
    }
    figures['passed'] = all(figures[name] <= limit for name, limit in LIMITS.items())
    return figures


def measure(place, base, partners):
    """Return the seconds that an installation takes on a copy of ``base`` with more partners.

    :rtype: float
    """
    databases, name = place.databases, f'{templates.PREFIX}bench'
    databases.clone(base, name)
    try:
        if partners:
            databases.query(name, PARTNER_SQL, [partners])
            databases.query(name, "UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL")
        databases.query(name, 'VACUUM ANALYZE')
        start = time.perf_counter()
        templates.install(place, name, [MODULE], demo=False)
        return time.perf_counter() - start
    finally:
        databases.drop(name)
