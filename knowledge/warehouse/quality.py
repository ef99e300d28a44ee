# ruff: noqa: S608 - names are quoted; DuckDB takes no parameters for identifiers
"""Quality issues: what could not be read, what was dropped, and references that lead nowhere."""

from dataclasses import dataclass

import duckdb

from knowledge.sources.issues import SHOWN, RowIssue
from knowledge.sources.received import LINE
from knowledge.sources.sql import columns_of, count, literal, only_row, quoted
from knowledge.warehouse.schema import TABLES

ISSUES = "staged_issues"
REJECTED = "_rejected"
FILE = "_file"
ORPHAN = "refers to a row that is not there"
UNLOADED = "refers to a table that is not loaded"
DUPLICATE = "duplicate id: a later row of the file has it again"

# An opportunity without a company can't be worked; elsewhere an empty reference is ordinary.
EXPECTED_REFERENCES = {"opportunity": ("account_id",)}


# What a journey may be a record of.
JOURNEY_TABLES = ("person", "opportunity")


def make_issue_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table that collects the issues of one load."""
    connection.execute(
        f'CREATE TABLE {ISSUES} (label VARCHAR, "table" VARCHAR, file VARCHAR, line BIGINT, '
        '"column" VARCHAR, reason VARCHAR, "value" VARCHAR, severity VARCHAR)'
    )


@dataclass(frozen=True)
class Problem:
    """Describe what may be wrong with rows of a staged table.

    Attributes:
        condition: SQL over the table's columns.
        column: Column to name in the issue, or SQL of its name where it is quoted.
        reason: Why, in plain words.
        value: SQL of the offending value.
        strict: Whether the rows can't be kept.
        when: SQL of a flag, cheaper than the condition, without which there is nothing to find.
    """

    condition: str
    column: str
    reason: str
    value: str
    strict: bool
    when: str | None = None


@dataclass(frozen=True)
class Reporter:
    """Report issues of the files of one mapping table.

    Attributes:
        connection: Holds the issues table.
        label: Table of the mapping.
        canonical: Canonical table that the rows go to.
    """

    connection: duckdb.DuckDBPyConnection
    label: str
    canonical: str

    def unread(self, file: str, issues: list[RowIssue]) -> None:
        """Report rows that a reader could not keep."""
        if not issues:
            return
        self.connection.executemany(
            f"INSERT INTO {ISSUES} VALUES (?, ?, ?, ?, NULL, ?, ?, 'rejected')",
            [(self.label, self.canonical, file, i.line, i.reason, i.value[:SHOWN]) for i in issues],
        )

    def problems(self, table: str, problems: list[Problem]) -> list[Problem]:
        """Report the rows of a staged table that have one of these problems.

        A rejected row is reported for its first problem only.

        Args:
            table: Staged table with ``_line``, ``_file`` and the mark of rejected rows.
            problems: What to look for, in order.

        Returns:
            Those that were found.
        """
        # One look at the table for all: most tables have none.
        quick = [p for p in problems if p.when is None]
        held = ", ".join(f"count(*) FILTER ({p.condition})" for p in quick)
        counted = only_row(self.connection, f"SELECT {held} FROM {table}") if quick else ()
        present = [p for p, rows in zip(quick, counted, strict=True) if rows]
        found = [p for p in problems if p in present or (p.when and self._flag(p.when))]
        for problem in found:
            self._report(table, problem)
        return found

    def _flag(self, query: str) -> bool:
        return bool(only_row(self.connection, query)[0])

    def _report(self, table: str, problem: Problem) -> None:
        shown = problem.column.removeprefix("_at_")
        name = shown if shown.startswith('"') else literal(shown)
        kept = f"NOT {REJECTED} AND ({problem.condition})"
        severity = "rejected" if problem.strict else "warning"
        self.connection.execute(
            f"INSERT INTO {ISSUES} SELECT {literal(self.label)}, {literal(self.canonical)}, "
            f"{FILE}, {LINE}, {name}, {literal(problem.reason)}, "
            f"left({problem.value}, {SHOWN}), {literal(severity)} FROM {table} WHERE {kept}"
        )
        if problem.strict:
            self.connection.execute(f"UPDATE {table} SET {REJECTED} = true WHERE {kept}")


def stage_issues(
    connection: duckdb.DuckDBPyConnection, target: str, source: str, load_id: str
) -> None:
    """Turn collected issues into rows of ``quality_issue``, with ids that a re-load repeats."""
    key = 'concat_ws(\'|\', label, file, line, "column", reason, severity, "value")'
    connection.execute(
        f"CREATE OR REPLACE TABLE {target} AS "
        f"SELECT {literal(source + ':issue:')} || md5({key}) AS id, "
        '"table", file, line, "column", reason, "value", severity, '
        f"{literal(source)} AS source, label AS source_id, {literal(load_id)} AS load_id "
        f"FROM (SELECT DISTINCT * FROM {ISSUES})"
    )


def stage_orphans(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    tables: dict[str, str],
    raw: dict[str, str],
    load_id: str,
) -> None:
    """Find references of the whole warehouse that lead nowhere, and expected ones left empty.

    Args:
        connection: Where the result is made.
        target: Table to make, with the columns of ``quality_issue``.
        tables: Canonical table to the SQL of its rows.
        raw: Raw table to the SQL of its rows, for file and line.
        load_id: This load.
    """
    queries = []
    for name, query in tables.items():
        columns = columns_of(connection, f"({query})")
        for column, referred in TABLES[name].references.items():
            if column not in columns:
                continue
            found = f"SELECT id, source, source_id, {quoted(column)} AS held FROM ({query}) r"
            if column in EXPECTED_REFERENCES.get(name, ()):
                queries += _expected(connection, name, column, found)
            queries += _orphans(connection, name, column, found, tables.get(referred))
        if "journey_id" in columns:
            found = f"SELECT id, source, source_id, journey_id AS held FROM ({query}) r"
            known = [f"SELECT id FROM ({tables[n]}) r" for n in JOURNEY_TABLES if n in tables]
            referred_query = " UNION ALL ".join(known) or None
            queries += _orphans(connection, name, "journey_id", found, referred_query)
    empty = (
        "SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS source, NULL::VARCHAR AS source_id, "
        'NULL::VARCHAR AS "table", NULL::VARCHAR AS "column", NULL::VARCHAR AS reason, '
        'NULL::VARCHAR AS "value" WHERE false'
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE orphans AS {' UNION ALL '.join([empty, *queries])}"
    )
    places = [
        f"SELECT {quoted('_id')} AS id, max({quoted('_file')}) AS file, "
        f"max({quoted(LINE)}) AS line FROM ({query}) w "
        "WHERE _id IN (SELECT id FROM orphans) GROUP BY 1"
        for query in raw.values()
    ]
    none = "SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS file, NULL::BIGINT AS line WHERE false"
    connection.execute(
        "CREATE OR REPLACE TABLE orphan_places AS SELECT id, any_value(file) AS file, "
        f"any_value(line) AS line FROM ({' UNION ALL '.join([none, *places])}) GROUP BY 1"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {target} AS SELECT "
        "o.source || ':reference:' || md5(concat_ws('|', o.id, o.\"table\", o.\"column\")) AS id, "
        'o."table", p.file, p.line, o."column", o.reason, o."value", \'warning\' AS severity, '
        f"o.source, o.source_id, {literal(load_id)} AS load_id "
        "FROM orphans o LEFT JOIN orphan_places p ON o.id = p.id"
    )


def _expected(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, found: str
) -> list[str]:
    # Only for sources that fill the column at all.
    sources = connection.execute(
        f"SELECT DISTINCT source FROM ({found}) f WHERE held IS NOT NULL"
    ).fetchall()
    return [
        f"SELECT id, source, source_id, {literal(name)}, {literal(column)}, "
        f"{literal(f'no {column}')}, NULL FROM ({found}) f "
        f"WHERE held IS NULL AND source = {literal(source)}"
        for (source,) in sources
    ]


def _orphans(
    connection: duckdb.DuckDBPyConnection, name: str, column: str, found: str, referred: str | None
) -> list[str]:
    held = count(connection, f"SELECT count(held) FROM ({found}) f")
    if not held:
        return []
    if referred is None or not count(connection, f"SELECT count(*) FROM ({referred}) r"):
        whole = (
            f"SELECT any_value(source) || ':' || {literal(name)} AS id, source, "
            f"{literal(name)} AS source_id, {literal(name)}, {literal(column)}, "
            f"{literal(UNLOADED)}, count(held) || ' rows' FROM ({found}) f "
            "WHERE held IS NOT NULL GROUP BY source"
        )
        return [whole]
    each = (
        f"SELECT id, source, source_id, {literal(name)}, {literal(column)}, {literal(ORPHAN)}, "
        f"held FROM ({found}) f WHERE held IS NOT NULL "
        f"AND held NOT IN (SELECT id FROM ({referred}) r)"
    )
    return [each]


def is_reference_issue() -> str:
    """Write the condition that a quality issue ``t`` came from a look at the whole warehouse."""
    return "t.id LIKE '%:reference:%'"


def rejected_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Count the source rows that were not kept."""
    return count(
        connection,
        f"SELECT count(DISTINCT (label, file, line)) FROM {ISSUES} WHERE severity = 'rejected'",
    )
