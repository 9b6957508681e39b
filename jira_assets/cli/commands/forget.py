"""`jira-assets users forget`: erase the name and address of a person, for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from jira_assets.cli.account_lookup import find_account
from jira_assets.cli.context import SOME_PROJECTS_FAILED, Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.errors import InputError
from jira_assets.formatting import ago, counted

if TYPE_CHECKING:
    from jira_assets.sync.forget import Erased


@click.command()
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--undo", is_flag=True, help="Take the account off the list of forgotten accounts.")
@pass_invocation
def forget(invocation: Invocation, account: str, yes: bool, undo: bool) -> None:
    """Erase the name and e-mail address of ACCOUNT from this home, and never store them again.

    ACCOUNT is an account id, or an e-mail address or name that only one account has. Files of raw issues are
    rewritten, tables are derived and published again, previous warehouses and damaged files are removed, and
    logs are searched. The account id stays, with the name “Forgotten person”. The decision about the account
    is removed. The command prints what it cannot remove.

    If it is interrupted, the next sync, or the same command, continues. --undo restores nothing: later syncs
    store the name again as Jira shows it.

    Exits with 3 if a damaged project has to be repaired first.
    """
    from jira_assets.cli.commands.sync import choose_report  # late: these import DuckDB and SQLAlchemy
    from jira_assets.sync.pipeline import open_pipeline

    account_id = find_account(invocation.settings, account)
    if undo:
        _undo(invocation, account_id)
        return
    if not yes:
        _confirm(invocation, account_id)
    with choose_report(invocation) as report, open_pipeline(invocation.settings, report) as pipeline:
        erased = pipeline.forget(account_id)
    for line in _in_words(erased):
        invocation.say(line)
    for key, reason in erased.unfinished.items():
        click.echo(f"{key}: {reason}", err=True)
    if erased.unfinished:
        sys.exit(SOME_PROJECTS_FAILED)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Objects of account_id, forgotten_at, erased_at.")
@pass_invocation
def forgotten(invocation: Invocation, as_json: bool) -> None:
    """List the forgotten accounts."""
    with open_state(invocation.settings) as state:
        accounts = state.forgotten.all()
    if as_json:
        write_json(accounts)
        return
    rows = [
        (each.account_id, ago(each.forgotten_at), ago(each.erased_at) if each.erased_at else "not finished")
        for each in accounts
    ]
    write_table(["account_id", "forgotten", "erased"], rows)


def _undo(invocation: Invocation, account_id: str) -> None:
    with open_state(invocation.settings) as state:
        was_forgotten = state.forgotten.remove(account_id)
    if not was_forgotten:
        raise InputError(
            f"{account_id} is not forgotten.", "`jira-assets users forgotten` lists the accounts."
        )
    invocation.say(
        f"{account_id} is no longer on the list. Its name returns with the next list of people, "
        "within a day; `jira-assets sync --full` reads everything again."
    )


def _confirm(invocation: Invocation, account_id: str) -> None:
    """Show what would be erased, and ask."""
    from jira_assets.sync.forget import check_forgettable, survey_accounts  # late: as above
    from jira_assets.sync.pipeline import open_pipeline

    with open_pipeline(invocation.settings) as pipeline:
        check_forgettable(pipeline, account_id)
        found = survey_accounts(pipeline, [account_id])
    for line in _preview(found):
        click.echo(line, err=True)
    if not sys.stdin.isatty():
        raise InputError("Erasing requires a confirmation. Nothing was changed.", "Add --yes to confirm it.")
    click.confirm(f"Erase {account_id} for good?", abort=True, err=True)


def _preview(found: Erased) -> Iterator[str]:
    names = ", ".join(sorted(found.names))
    yield f"{', '.join(found.account_ids)}: {names or 'no name is stored'}."
    yield (
        f"To rewrite: {counted(found.raw.files, 'raw file')} with "
        f"{counted(found.raw.rows, 'version')} of issues{_by_project(found)}."
    )
    yield (
        "All tables are published again. Previous warehouses, their Parquet files and damaged files are "
        "removed."
    )


def _in_words(erased: Erased) -> Iterator[str]:
    if not erased.names and not erased.raw.rows:
        yield f"No name or address of {', '.join(erased.account_ids)} was stored. Check the id."
    yield (
        f"{'Erased' if not erased.unfinished else 'Not finished. Erased so far'}: "
        f"{counted(erased.raw.rows, 'version')} of issues in {counted(erased.raw.files, 'raw file')}"
        f"{_by_project(erased)}, {counted(erased.logs, 'log')}, "
        f"{counted(erased.publishes, 'previous warehouse')}, "
        f"{counted(erased.set_aside, 'damaged file')}."
    )
    yield from erased.remaining


def _by_project(found: Erased) -> str:
    parts = [f"{key} {rows.rows:,}" for key, rows in sorted(found.projects.items())]
    return f" ({', '.join(parts)})" if parts else ""
