"""What PostgreSQL does for the queries that Odoo issues: they are listened to, and their plans are read."""
# Statements are explained as they were heard: pylint: disable=sql-injection
import json
import re
from contextlib import contextmanager, suppress
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tools import SQL

#: As many rows may be read one after the other: a list counts its records up to ten thousand.
FEW_ROWS = 15_000
#: An index is worth having where it leaves fewer of all rows than these.
SELECTIVE = 0.02
READS = re.compile(r'\s*\(?\s*(SELECT|WITH)\b', re.IGNORECASE)
WRITES = re.compile(r'\s*(INSERT|UPDATE|DELETE)\b', re.IGNORECASE)


class WorkBegins(BaseException):
    """Raised when a schedule has found what to do and begins to write. No error: nothing may catch it."""


@contextmanager
def listen(until_write=False):
    """Collect the statements that read while a block runs.

    :param bool until_write: leave the block at the first statement that writes
    :return: list of (statement, parameters)
    """
    statements = []
    execute = Cursor.execute

    def record(cursor, query, params=None, *args, **kwargs):
        text = query.code if isinstance(query, SQL) else query
        if READS.match(text):
            statements.append((query, params))
        elif until_write and WRITES.match(text):
            raise WorkBegins
        return execute(cursor, query, params, *args, **kwargs)

    with patch.object(Cursor, 'execute', record), suppress(WorkBegins):
        yield statements


def full_scans(cr, statement, large):
    """Return how a statement reads large tables from first row to last although few rows are wanted.

    A first page in the list's own order wants few rows, whatever the filter leaves.

    :param statement: (statement, parameters)
    :param set large: names of tables
    :return: (table, rows read, rows that were wanted)
    :rtype: list
    """
    query, params = statement
    explain = 'EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) '
    if isinstance(query, SQL):
        query, params = query.code, query.params
    cr.execute(explain + query, params)
    answer = cr.fetchone()[0]
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]['Plan']
    is_page = re.search(r'ORDER BY .* LIMIT \S+\s*$', query, re.DOTALL)
    return [
        (node['Relation Name'], rows_read(node), node['Actual Rows'] * node['Actual Loops'])
        for node in nodes(plan)
        if node['Node Type'] == 'Seq Scan' and node['Relation Name'] in large and rows_read(node) > FEW_ROWS
        and (is_page or node['Actual Rows'] * node['Actual Loops'] < SELECTIVE * rows_read(node))
    ]


def nodes(plan):
    """Yield a plan's nodes."""
    yield plan
    for child in plan.get('Plans', ()):
        yield from nodes(child)


def rows_read(node):
    return (node['Actual Rows'] + node.get('Rows Removed by Filter', 0)) * node['Actual Loops']
