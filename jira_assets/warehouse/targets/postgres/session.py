"""A connection to PostgreSQL: one transaction, and errors in words that hold no password."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from jira_assets.errors import TargetError
from jira_assets.lake.sql_files import identifier
from jira_assets.warehouse.targets.postgres.lines import BYTES_AT_ONCE, Lines

_OF_A_TRANSACTION = (
    "timezone = 'UTC'",
    "datestyle = 'ISO, YMD'",
    "search_path = pg_catalog",
    "standard_conforming_strings = on",
    # What an administrator limits for people would end a long copy.
    "statement_timeout = 0",
    "idle_in_transaction_session_timeout = 0",
)
"""Settings of each transaction: those of a session would reach others through a pool of connections."""

_OPTIONS = {
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}

UNREACHABLE = (
    "Check JIRA_ASSETS_PUBLISH_POSTGRES_URL, and that the server accepts connections from here. "
    "The next publish tries again."
)
TRY_AGAIN = "The next publish tries again. `jira-assets publish` does so at once."
_REMEDIES = {
    "42501": "Grant the rights that docs/targets.md lists, then run `jira-assets publish`.",
    "2BP01": "Drop the named objects, run `jira-assets publish`, and create them again.",
    "53100": "Free disk space on the server of the database, then run `jira-assets publish`.",
    "55P03": "Sessions that are idle in a transaction keep tables locked: end them. "
    "The next publish tries again.",
}
"""What to do, by the code of PostgreSQL's error."""


class Session:
    """One transaction of a database."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def begin(self) -> None:
        """Begin a transaction."""
        for setting in _OF_A_TRANSACTION:
            self.run(f"set local {setting}")

    def run(self, query: str, *values: object) -> int:
        """Run a statement; return how many rows it concerned."""
        self._cursor.execute(query, values or None)
        return int(self._cursor.rowcount)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask for rows."""
        self._cursor.execute(query, values or None)
        found: list[tuple[Any, ...]] = self._cursor.fetchall()
        return found

    def copy(self, table: str, columns: Sequence[str], lines: Lines, *, is_new: bool) -> int:
        """Copy lines into a table; return how many there were.

        The rows of a table that is as new as the transaction need not be visited by a vacuum.
        """
        named, options = ", ".join(map(identifier, columns)), " with (freeze)" if is_new else ""
        try:
            self._cursor.copy_expert(f"copy {table} ({named}) from stdin{options}", lines, BYTES_AT_ONCE)
        except Exception:
            if lines.failure is not None:
                raise lines.failure from None
            raise
        return int(self._cursor.rowcount)

    def rollback(self) -> None:
        """End the transaction and forget what was done in it."""
        self._cursor.connection.rollback()

    def commit(self) -> None:
        """Make visible what was done, all at once."""
        self._cursor.connection.commit()

    def attempt(self, statement: str, attempts: int) -> None:
        """Run a statement that waits for locks, several times if it waits too long: others pass between."""
        for left in reversed(range(attempts)):
            self.run("savepoint attempt")
            try:
                self.run(statement)
            except self._cursor.connection.OperationalError as error:
                if error.pgcode != "55P03" or not left:
                    raise
                self.run("rollback to savepoint attempt")
            else:
                self.run("release savepoint attempt")
                return


@contextmanager
def opened(url: URL, place: str) -> Iterator[Session]:
    """Connect for the block; what is not committed is rolled back. Raises `TargetError`."""
    engine = _engine(url)
    try:
        with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            yield Session(cursor)
    except DBAPIError as error:
        reason = str(error.orig or error).partition("\n")[0]
        raise _refused(place, url, reason, UNREACHABLE) from None
    except engine.dialect.loaded_dbapi.Error as error:
        raise _refused(place, url, _words(error), _REMEDIES.get(error.pgcode or "", TRY_AGAIN)) from None


def _engine(url: URL) -> Engine:
    options = {name: value for name, value in _OPTIONS.items() if name not in url.query}
    try:
        return create_engine(url, poolclass=NullPool, connect_args=options)
    except (ArgumentError, ImportError):  # such as the name of a driver that is not installed
        raise TargetError(
            "The address of the target postgres is not valid.",
            "Set JIRA_ASSETS_PUBLISH_POSTGRES_URL to postgresql://user:password@host/database.",
        ) from None


def _words(error: Any) -> str:
    """Return what an error says and names, without the hint: it may be to drop what belongs to others."""
    parts = [error.diag.message_primary or str(error).strip().partition("\n")[0], error.diag.message_detail]
    return ". ".join(" ".join(part.split()).rstrip(".") for part in parts if part)


def _refused(place: str, url: URL, said: str, remedy: str) -> TargetError:
    if url.password:
        said = said.replace(str(url.password), "…")
    return TargetError(f"PostgreSQL ({place}) says: {said}.", remedy)
