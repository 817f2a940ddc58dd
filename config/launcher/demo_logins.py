"""The demo's logins, read from the database."""
from concurrent.futures import ThreadPoolExecutor

QUERY = """
    SELECT u.login, u.password, p.name,
           string_agg(COALESCE(g.name->>'zh_CN', g.name->>'en_US'), '、' ORDER BY g.id)
      FROM res_users u
      JOIN res_partner p ON p.id = u.partner_id
      JOIN res_groups_users_rel r ON r.uid = u.id
      JOIN res_groups g ON g.id = r.gid
      JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = g.id
     WHERE u.active AND u.password IS NOT NULL
       AND (d.module = ANY(%s) OR (d.module = 'base' AND d.name IN ('group_portal', 'group_system')))
  GROUP BY u.id, p.id
  ORDER BY u.id
"""


def demo_logins(databases, db, modules):
    """Return the users whose password is their login: rows of login, name and roles.

    :param Databases databases: the server
    :param str db: name of the database
    :param modules: add-ons whose groups are roles
    """
    from passlib.hash import pbkdf2_sha512

    rows = databases.query(db, QUERY, [list(modules)])
    with ThreadPoolExecutor() as pool:
        known = pool.map(lambda row: pbkdf2_sha512.verify(row[0], row[1]), rows)
        return [(login, name, roles) for (login, _hash, name, roles), ok in zip(rows, known) if ok]
