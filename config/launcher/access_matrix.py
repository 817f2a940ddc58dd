"""The access matrices of the add-ons' tests, written out as one page.

The data are the files ``tests/access_matrix.csv`` (models) and ``tests/route_matrix.csv`` (routes) of
each add-on and ``foreign_matrix.csv`` of the suite's tests (models of Odoo in which a role may do
something else than any user); the tests compare them with a running database both ways.
"""
import csv

from launcher import layout

PAGE = layout.ROOT / 'docs' / 'access.md'
FOREIGN = layout.TESTS / layout.TEST_ADDON / 'tests' / 'foreign_matrix.csv'
#: Headings of the columns, short enough for a page.
SHORT = {
    'organisation': 'org', 'secretary_general': 'sg', 'editorial': 'edit', 'network': 'net', 'training': 'train',
    'accountant': 'acct', 'treasurer': 'treas', 'auditor': 'audit', 'manager': 'mgr', 'internal': 'any user',
}
INTRODUCTION = """\
# Who may do what

Printed by `./cfia matrix --write` from the data that the tests compare with a running database, both
ways: a model or route without its line fails, and so does a line without its model or route.

Columns: staff of any department, organisation department, secretary-general, leaders, editorial
department, network department, training centre, accountant, treasurer, auditor, manager, a member's
contact on the portal, the public. How roles are given: *Settings ‣ Users ‣ Member Work*.
"""
MODELS = """
## Models of {module}

c create, r read, w write, d delete; which records, the record rules say.

"""
FOREIGN_MODELS = """
## Models of Odoo

Those in which a role may do something else than any internal user without a role (portal: than any
portal user).

"""
ROUTES = """
## Routes of {module}

Status of the answer when a role asks for records of one member; *login*: sent to the log-in page,
*moved*: sent on, *error*: a call of JSON refused. *portal* is that member's contact, *other* another
member's. Routes of Odoo that the module overrides have their lines, too.

"""


def render():
    """Return the page as Markdown."""
    parts = [INTRODUCTION]
    for name, title in (('access_matrix', MODELS), ('route_matrix', ROUTES)):
        for path in sorted(layout.ADDONS.glob(f'*/tests/{name}.csv')):
            if table := _render_table(path):
                parts.append(title.format(module=path.parts[-3]) + table)
    if FOREIGN.is_file():
        parts.append(FOREIGN_MODELS + _render_table(FOREIGN))
    return ''.join(parts)


def find_stale():
    """Return the page's name when it differs from the matrices."""
    if PAGE.is_file() and PAGE.read_text() == render():
        return []
    return [str(PAGE.relative_to(layout.ROOT))]


def _render_table(path):
    with path.open(newline='') as matrix_file:
        header, *rows = csv.reader(matrix_file)
    if not rows:
        return ''
    lines = [[SHORT.get(name, name) for name in header], ['---'] * len(header)]
    lines += [[f'`{row[0]}`', *row[1:]] for row in rows]
    return ''.join(f"| {' | '.join(cells)} |\n" for cells in lines)
