"""Databases with their file store: create, clone, drop, ask."""
import os
import shutil
import time
from contextlib import closing

import psycopg2
from psycopg2 import sql

from launcher.console import LauncherError
from launcher.layout import DATA

#: How often a database is tried to be dropped, a second apart.
DROP_ATTEMPTS = 30


class Databases:
    """The databases on one server.

    :param Connection connection: the server
    """

    def __init__(self, connection):
        self.connection = connection

    def connect(self, name='postgres'):
        """Return an autocommitting connection to the database ``name``."""
        try:
            connection = psycopg2.connect(dbname=name, **self.connection.parameters())
        except psycopg2.OperationalError as error:
            raise LauncherError(f"The database server does not answer: {error}") from None
        connection.autocommit = True
        return connection

    def query(self, name, statement, parameters=None):
        """Run ``statement`` in the database ``name``; return its rows."""
        with closing(self.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def names(self, prefix=''):
        """Return the names of the databases that start with ``prefix``."""
        rows = self.query('postgres', "SELECT datname FROM pg_database WHERE NOT datistemplate")
        return sorted(name for (name,) in rows if name.startswith(prefix))

    def exists(self, name):
        """Tell whether there is a database ``name``."""
        return bool(self.query('postgres', "SELECT 1 FROM pg_database WHERE datname = %s", [name]))

    def drop(self, name):
        """Delete the database ``name`` and its file store, if there."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        for attempt in range(DROP_ATTEMPTS):
            try:
                self.query('postgres', statement)
                break
            except psycopg2.errors.InsufficientPrivilege:
                # The server's own vacuum is at work in it, which only a superuser may end.
                if attempt == DROP_ATTEMPTS - 1:
                    raise
                time.sleep(1)
        shutil.rmtree(DATA / 'filestore' / name, ignore_errors=True)

    def clone(self, source, target):
        """Make ``target`` a copy of ``source``; nobody may be connected to the source."""
        self.drop(target)
        self._end_sessions(source)
        self.query('postgres', sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(target), sql.Identifier(source)))
        files = DATA / 'filestore' / source
        if files.is_dir():
            # Files of the store never change: links are copies.
            shutil.copytree(files, DATA / 'filestore' / target, copy_function=os.link)

    def rename(self, source, target):
        """Give the database ``source`` the name ``target``, which must be free."""
        self._end_sessions(source)
        self.query('postgres', sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(source), sql.Identifier(target)))
        files = DATA / 'filestore' / source
        # Left by a database of this name on another server.
        shutil.rmtree(DATA / 'filestore' / target, ignore_errors=True)
        if files.is_dir():
            files.rename(DATA / 'filestore' / target)

    def installed(self, name):
        """Return the names of the modules installed in the database ``name``."""
        if not self.query(name, "SELECT to_regclass('ir_module_module')")[0][0]:
            return set()
        return {row[0] for row in self.query(
            name, "SELECT name FROM ir_module_module WHERE state = 'installed'")}

    def _end_sessions(self, name):
        self.query('postgres', """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            -- the server itself sends its own workers away
            WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'""", [name])
