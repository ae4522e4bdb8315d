"""Databases of a test: copied from a template with their filestore, dropped at the end."""

import contextlib
import os
import shutil

import psycopg2
from psycopg2 import sql


class Database:
    """A database by name. ``rows`` and ``text`` read with a connection of their own."""

    def __init__(self, settings, name):
        self.settings = settings
        self.name = name

    @contextlib.contextmanager
    def connection(self, maintenance=False):
        connection = psycopg2.connect(**self.settings.dsn("postgres" if maintenance else self.name))
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, query, *params):
        """All rows of a query, as tuples; None for a statement without any."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, params or None)
            return cursor.fetchall() if cursor.description else None

    def text(self, query, *params):
        """The single value of a query, as PostgreSQL writes it: no float comes between."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT ({query})::text", params or None)
            return cursor.fetchone()[0]

    def copy(self, name):
        """Another database with the same content. Nobody may be connected to this one."""
        copy = Database(self.settings, f"{name}_{os.getpid()}")
        copy.drop()
        with self.connection(maintenance=True) as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(copy.name), sql.Identifier(self.name)
                )
            )
        if self.filestore.is_dir():
            shutil.copytree(self.filestore, copy.filestore, dirs_exist_ok=True)
        return copy

    @property
    def filestore(self):
        return self.settings.data_dir / "filestore" / self.name

    def drop(self):
        with self.connection(maintenance=True) as connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
            )
        shutil.rmtree(self.filestore, ignore_errors=True)
