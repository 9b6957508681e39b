"""Open the state database so that processes that write at the same time lose nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import (
    ARRAY,
    URL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    any_,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from jira_assets.clock import utc_now
from jira_assets.errors import DamagedFile, JiraAssetsError, SettingsError, StateUnavailable
from jira_assets.resource_limits import as_resource_exhausted, full_disk, resource_errors
from jira_assets.state.schema import prepare_schema
from jira_assets.state.scope import HOME, Scope
from jira_assets.state.sqlite_file import Snapshot, connect
from jira_assets.state.stored_settings import DAMAGED_STATE, folder_remedy, is_damage

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert


ROWS_AT_ONCE = 500
"""Of a long result: so many are read together, and none outlives what is made of it."""

PATIENCE_SECONDS = 30.0
"""How long a server that went away is waited for: it may restart, or another one may take over."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True)
class Engines:
    """The connections to a database: those on which transactions are opened, and others (PostgreSQL only).

    On the others each statement is a transaction of its own. They are apart, since a connection whose mode is
    set back on its return fails there, after the work, where the server ended it.
    """

    transactions: Engine
    at_once: Engine | None = None

    def dispose(self) -> None:
        """Close every connection."""
        self.transactions.dispose()
        if self.at_once is not None:
            self.at_once.dispose()


class Database:
    """A state database with its two kinds of transaction: one that reads and one that writes.

    Both raise `StateUnavailable` when the server does not answer, or ended the connection; a transaction that
    was open is undone then.
    """

    def __init__(
        self, engines: Engines, clock: Callable[[], datetime] = utc_now, scope: Scope = HOME
    ) -> None:
        self._engines = engines
        self._engine = engines.transactions
        self.clock = clock
        self.scope = scope

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and never waits for writers."""
        with self._errors(), self._connect(self._engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            url = self._engine.url
            raise (_damage(url, error.orig) or _unavailable(url, error) or error) from None

    def _connect(self, engine: Engine) -> Connection:
        """Connect; a server that was there before, and does not answer, is waited for."""
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            try:
                return engine.connect()
            except OperationalError:
                if engine.dialect.name == "sqlite" or waited >= PATIENCE_SECONDS:
                    raise
            time.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes.

        On SQLite no other writer is let in from its start, so what it reads still holds when it writes. On
        Postgres, select `for update` what the new value depends on.
        """
        with (
            resource_errors(_file(self._engine.url)),
            self._errors(),
            self._connect(self._engine).execution_options(state_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """Open a connection of PostgreSQL on which each statement is a transaction of its own.

        A process that freezes at whatever moment holds no lock for others to wait for.
        """
        engine = self._engines.at_once
        if engine is None:
            raise ValueError("only PostgreSQL has connections of this kind")
        with self._errors(), self._connect(engine) as connection:
            yield connection

    def upsert(self, connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
        """Write one row, in place of the row of the same primary key if there is one."""
        statement = self.insert_into(table).values(**values)
        keys = [column.name for column in table.primary_key]
        rest = {name: statement.excluded[name] for name in values if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))

    def insert_into(self, table: Table) -> SqliteInsert | PostgresInsert:
        """Begin an insert that can say what happens on a conflict; each database has its own."""
        if self._engine.dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert

            return insert(table)
        from sqlalchemy.dialects.postgresql import insert as insert_postgres  # late: 40 ms for few users

        return insert_postgres(table)

    def among(self, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Compare with very many values: they are one parameter, not one each that SQLAlchemy has to name."""
        if self._engine.dialect.name == "sqlite":
            listed = func.json_each(json.dumps(values)).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(literal(values, ARRAY(String)))

    def overwrite_deleted(self) -> None:
        """Write an SQLite state anew, without the remains of what was deleted from it."""
        if self._engine.dialect.name != "sqlite":
            return
        with closing(self._engine.raw_connection()) as connection:  # none of our transactions is open on it
            connection.cursor().execute("vacuum")
            connection.cursor().execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close every connection."""
        self._engines.dispose()

    def __enter__(self) -> Self:
        """Close the database at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class StatePart:
    """One kind of thing that the state keeps, with the database it shares with the others."""

    def __init__(self, database: Database) -> None:
        self._database = database


def open_engines(url: str) -> Engines:
    """Open the database of that URL and make its schema today's."""
    try:
        parsed = make_url(url)
        options = _options(parsed.get_backend_name())
        engine = create_engine(parsed, **options)
    except (ArgumentError, ImportError):
        raise SettingsError(
            "The address of the state database is not valid.",
            "Set JIRA_ASSETS_STATE_URL to sqlite:///path or postgresql+psycopg2://user:password@host/database.",
        ) from None
    try:
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine, parsed.database)
        prepare_schema(engine)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        raise as_resource_exhausted(error, _file(parsed)) or _cannot_open(parsed, _reason(error)) from None
    if engine.dialect.name == "sqlite":
        return Engines(engine)
    return Engines(engine, create_engine(parsed, isolation_level="AUTOCOMMIT", **options))


def _reason(error: OSError | sqlite3.Error | DBAPIError) -> object:
    if isinstance(error, OSError):
        return error.strerror
    return error.orig if isinstance(error, DBAPIError) else error


def _file(url: URL) -> Path | None:
    """Name the file of an SQLite state."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _damage(url: URL, error: object) -> DamagedFile | None:
    """Turn what SQLite raises for a damaged file into an error with its remedy."""
    if not is_damage(error):
        return None
    return DamagedFile(f"The state database {url.database} is damaged: {error}.", DAMAGED_STATE)


def _unavailable(url: URL, error: DBAPIError) -> StateUnavailable | None:
    """Turn what is raised for a server that went away into an error with its remedy."""
    is_sqlite, code = url.get_backend_name() == "sqlite", getattr(error.orig, "pgcode", None)
    # What a server refuses has a code; where none can be asked, there is none.
    if is_sqlite or not (error.connection_invalidated or (isinstance(error, OperationalError) and not code)):
        return None
    first_line = next(iter(str(error.orig).splitlines()), "the connection was closed")
    return StateUnavailable(
        f"The state database {url.render_as_string(hide_password=True)} does not answer: {first_line}",
        "What was committed is kept. Start the server, or check its network, then try again.",
    )


def _cannot_open(url: URL, why: object) -> JiraAssetsError:
    return _damage(url, why) or SettingsError(
        f"The state database {url.render_as_string(hide_password=True)} cannot be opened: {why}",
        _instruction(url),
    )


def _instruction(url: URL) -> str:
    if url.get_backend_name() != "sqlite" or not url.database:
        return "Check that it exists and is writable, or set JIRA_ASSETS_STATE_URL to another database."
    return folder_remedy(Path(url.database).parent)


def _options(backend: str) -> dict[str, Any]:
    if backend == "sqlite":
        return {}
    # A connection that the server dropped while it was idle is replaced instead of failing a sync.
    return {"pool_pre_ping": True}


def _prepare_sqlite(engine: Engine, path: str | None) -> None:
    if not path or path == ":memory:":
        raise SettingsError(
            "The state cannot be an in-memory database: several processes share it.",
            "Set JIRA_ASSETS_STATE_URL to sqlite:///path.",
        )
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives its -wal and -shm files the mode of the database, so it has to be right from the start. A
    # file that is there must not be opened and closed: with that, the system drops all locks of this process
    # on it, and the next process to close it removes the -wal that our other connections continue writing to.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _drop_snapshot)
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)


def _connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> sqlite3.Connection:
    return connect(*arguments, **options)


def _drop_snapshot(connection: Any, record: Any) -> None:
    """The next one who reads on a full disk reads anew."""
    if isinstance(connection, Snapshot):
        record.invalidate()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    # By default the driver begins a transaction only before the first write, after the read that the write
    # depends on: concurrent updates are lost without an error.
    connection.isolation_level = None
    # What is deleted may be the name of a person: it is overwritten, not only taken off the list of pages.
    connection.execute("pragma secure_delete = on")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("state_writes")
    if writes and isinstance(connection.connection.dbapi_connection, Snapshot):
        raise full_disk(connection.engine.url.database)
    connection.exec_driver_sql("begin immediate" if writes else "begin")
