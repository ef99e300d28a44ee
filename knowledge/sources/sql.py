"""Small pieces of SQL: a connection, quoted names and values, single figures, a table's columns."""

from collections.abc import Sequence
from typing import Any

import duckdb


def connect() -> duckdb.DuckDBPyConnection:
    """Open an engine in memory that prints nothing: standard output belongs to the command."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def quoted(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def only_row(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """Run a query that gives one row, and read it to its end so that the connection is free."""
    (row,) = connection.execute(query, list(values)).fetchall()
    return tuple(row)


def count(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any] = ()) -> int:
    """Run a query that gives one number."""
    return int(only_row(connection, query, values)[0])


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    """List the columns of a table, a view or a query in parentheses."""
    return [row[0] for row in connection.execute(f"DESCRIBE {relation}").fetchall()]
