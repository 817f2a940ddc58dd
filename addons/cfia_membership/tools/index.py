"""Indexes as lists and searches need them.

A list's own order has one, so has what is typed into its search box, and each filter that leaves few of many.
Odoo asks for “is true” and for empty texts in two ways: a partial index says so in the same words, or it stays unused.
"""
from odoo import models


def trigram_index(column):
    """Return an index by which a part of a text of three and more characters is found.

    :param str column: a column of text
    :rtype: models.Index
    """
    def get_definition(registry):
        if not registry.has_trigram:
            return ''
        return f"USING gin ({registry.unaccent(column)} gin_trgm_ops)"
    return models.Index(get_definition)


def literal_sql(query):
    """Return a statement with its texts written into it, as the definition of an index needs them.

    :param SQL query: parameters are texts without backslashes
    :rtype: str
    """
    return query.code % tuple("'%s'" % text.replace("'", "''") for text in query.params)
