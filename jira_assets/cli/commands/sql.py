"""`jira-assets sql`: ask the warehouse."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.interrupts import query_interrupts
from jira_assets.cli.output import as_json_cells, write_csv, write_json_rows, write_table
from jira_assets.cli.wiring import open_warehouse
from jira_assets.errors import InputError, JiraAssetsError
from jira_assets.resource_limits import as_resource_exhausted

if TYPE_CHECKING:
    import duckdb

Form = Literal["table", "csv", "json"]

_ROWS_IN_A_TABLE = 500
_PROMPT, _PROMPT_MORE = "jira> ", "  ... "


@click.command()
@click.argument("query", required=False)
@click.option("--table", "form", flag_value="table", help="A table. Default at a terminal.")
@click.option("--csv", "form", flag_value="csv", help="CSV with a header. Default in a pipe.")
@click.option("--json", "form", flag_value="json", help="An array of objects with the column names as keys.")
@pass_invocation
def sql(invocation: Invocation, query: str | None, form: Form | None) -> None:
    """Query the warehouse. QUERY can be an argument, standard input, or typed interactively.

    Queries read only the published tables and the raw files behind them. They cannot write files, and the
    settings of DuckDB are locked. For anything else, open the file with DuckDB itself. Times are UTC.
    """
    form = form or ("table" if sys.stdout.isatty() else "csv")
    if query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    if query is not None and not query.strip(" \n\t;"):
        raise click.UsageError("The query is empty. Try: jira-assets sql 'from jira_issues limit 5'")
    with open_warehouse(invocation.settings) as warehouse:
        _warn_of_changes(invocation)
        if query is None:
            _converse(invocation, warehouse, form)
        else:
            _answer(invocation, warehouse, query, form)


def _warn_of_changes(invocation: Invocation) -> None:
    from jira_assets.warehouse.read import changed_since_published

    file = invocation.settings.warehouse_file
    if changed_since_published(file):
        invocation.say(
            f"Warning: {file} differs from the published file: a program wrote to it, or it was "
            "copied. `jira-assets publish` publishes the tables again."
        )


def _answer(invocation: Invocation, warehouse: duckdb.DuckDBPyConnection, query: str, form: Form) -> None:
    import duckdb

    from jira_assets.warehouse.sandbox import refusal_behind, why_refused

    try:
        if refused := why_refused(warehouse, query):
            raise _refusal(invocation, refused)
        with query_interrupts():
            cursor = warehouse.execute(query)
            if cursor.description is None:
                return
            columns = [column[0] for column in cursor.description]
            types = [column[1] for column in cursor.description]
            _write(invocation, form, columns, types, _rows(cursor))
    except duckdb.Error as error:
        if told := as_resource_exhausted(error, invocation.settings.warehouse_dir):
            raise told from None
        if refused := refusal_behind(error):
            raise _refusal(invocation, refused) from None
        raise InputError(
            f"The query failed. {error}",
            "`jira-assets sql 'show tables'` lists the tables; 'describe jira_issues' lists the "
            "columns of a table.",
        ) from None


def _refusal(invocation: Invocation, reason: str) -> InputError:
    file = shlex.quote(str(invocation.settings.warehouse_file))
    return InputError(
        reason,
        "`jira-assets sql --csv QUERY > FILE` writes rows to a file. For anything else open the published "
        f"file with DuckDB itself: duckdb -readonly {file}",
    )


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(1000):
        yield from rows


def _write(
    invocation: Invocation,
    form: Form,
    columns: Sequence[str],
    types: Sequence[object],
    rows: Iterator[tuple[Any, ...]],
) -> None:
    if form == "json":
        write_json_rows(columns, as_json_cells(types, rows))
    elif form == "csv":
        write_csv(columns, rows)
    else:
        write_table(columns, islice(rows, _ROWS_IN_A_TABLE))
        if next(rows, None) is not None:
            invocation.say(
                f"Only the first {_ROWS_IN_A_TABLE} rows are shown. --csv and --json return all rows."
            )


def _converse(invocation: Invocation, warehouse: duckdb.DuckDBPyConnection, form: Form) -> None:
    invocation.say("End each query with a semicolon. `show tables;` lists the tables. Press Ctrl-D to exit.")
    for query in _typed_queries():
        try:
            _answer(invocation, warehouse, query, form)
        except JiraAssetsError as error:
            click.echo(f"Error: {error.reason}\n{error.instruction}", err=True)
        except KeyboardInterrupt:  # ends this query, not the conversation
            click.echo("Interrupted.", err=True)


def _typed_queries() -> Iterator[str]:
    import readline  # noqa: F401  # importing it gives input() its history and editing keys

    typed: list[str] = []
    while True:
        try:
            line = input(_PROMPT_MORE if typed else _PROMPT)
        except EOFError:
            click.echo(err=True)
            return
        except KeyboardInterrupt:  # the same for one that is being typed
            typed = []
            click.echo(err=True)
            continue
        if not typed and line.strip().rstrip(";") in ("exit", "quit", ".exit", ".quit"):
            return
        if line.strip():
            typed.append(line)
        if line.rstrip().endswith(";"):
            yield "\n".join(typed)
            typed = []
