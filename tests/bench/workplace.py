"""The workplace of 20,000 members beside Odoo's own list of contacts, in the same run.

Members, their ledger of ten years and dues of three years are written by SQL into a copy of the suite's database
that is dropped afterwards. The list is what the client asks for when somebody opens contacts: views, first page, number.
"""
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from association import grow_members, seed_dues  # noqa: E402  (run by the benchmark, not imported as a package)
from pages import make_user, open_list, read_views  # noqa: E402

MEMBERS = 20_000
YEARS = (2024, 2025, 2026)
LIMIT_RATIO = 2


def run(env, members=MEMBERS):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :param int members: how many members there are
    :return: name → figure, ``limits`` among them
    :rtype: dict
    """
    units = grow_members(env, 1, members)
    seed_dues(env, units, YEARS)
    user = make_user(env, 'bench_workplace', [
        'cfia_membership.group_cfia_organisation', 'cfia_membership.group_cfia_accountant'])
    user_env = env(user=user.id, context={'lang': 'zh_CN', 'tz': 'Asia/Shanghai'})
    spec, _arch = read_views(user_env, 'res.partner')['list']
    workplace = user_env['cfia.workplace']
    queries = env.cr.sql_log_count
    workplace.get_workplace()
    figures = {'members': members, 'queries': env.cr.sql_log_count - queries}
    contacts = best(env, lambda: (read_views(user_env, 'res.partner'), open_list(user_env, 'res.partner', spec)))
    ours = best(env, workplace.get_workplace)
    figures['workplace_s'] = round(ours, 3)
    figures['contact_list_s'] = round(contacts, 3)
    figures['ratio'] = round(ours / contacts, 2)
    figures['limits'] = {'ratio': LIMIT_RATIO}
    figures['passed'] = figures['ratio'] <= LIMIT_RATIO
    return figures


def best(env, method):
    """Return the shortest of five runs, in seconds, nothing read before."""
    times = []
    for _attempt in range(5):
        env.invalidate_all()
        start = time.perf_counter()
        method()
        times.append(time.perf_counter() - start)
    return min(times)
