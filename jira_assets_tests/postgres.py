"""A PostgreSQL of the tests' own: as root or not, on a free port, in a folder that is removed afterwards."""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from jira_assets_tests.child_process import end_with_parent
from jira_assets_tests.waiting import wait_until

_DEBIAN = "/usr/lib/postgresql"
_SECONDS_TO_START = 30
_NUMBERS = itertools.count(1)


def find_programs() -> Path | None:
    """Find the folder of initdb and postgres; Debian keeps it out of the search path."""
    debian = sorted(Path(_DEBIAN).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Start a server; yield the address of its database, which nobody but this machine can reach."""
    folder = Path(tempfile.mkdtemp(prefix="jira-assets-postgres-"))
    # A server refuses to run as root, so root hands it to somebody else.
    as_someone = _someone_else() if os.geteuid() == 0 else {}
    if as_someone:
        shutil.chown(folder, as_someone["user"], as_someone["group"])
    try:
        data, port = folder / "data", _free_port()
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-N", "--no-instructions"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_someone,
        )
        options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-F"]
        with (folder.with_suffix(".log")).open("wb") as log:
            server = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *options],
                stdout=log,
                stderr=log,
                cwd=folder,
                preexec_fn=end_with_parent(signal.SIGINT),
                **as_someone,
            )
        try:
            _wait_until_ready(programs, server, port, folder.with_suffix(".log"))
            yield f"postgresql+psycopg2://tests@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(_SECONDS_TO_START)
    finally:
        shutil.rmtree(folder)
        folder.with_suffix(".log").unlink(missing_ok=True)


@cache
def shared_server() -> str:
    """Start a server that lives as long as this process; give the address of its database."""
    programs = find_programs()
    if programs is None:
        raise RuntimeError("initdb is missing: install PostgreSQL (Debian: postgresql), or run `make test`")
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_postgres(programs))


def empty_schema() -> str:
    """Give the address of an empty schema on the shared server."""
    from sqlalchemy import create_engine, text  # late: few tests need it

    name = f"s{next(_NUMBERS)}"
    engine = create_engine(shared_server())
    with engine.begin() as connection:
        connection.execute(text(f"create schema {name}"))
    engine.dispose()
    return f"{shared_server()}?options=-csearch_path%3D{name}"


def empty_database(url: str) -> None:
    """Leave nothing in the database."""
    from sqlalchemy import create_engine, text  # late: few tests need it

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    engine.dispose()


def empty_state(url: str) -> None:
    """Leave nothing in the database but a state that holds nothing: to make its tables takes much longer."""
    from sqlalchemy import create_engine, inspect, select, text  # late: few tests need it

    from jira_assets.state import State
    from jira_assets.state.models import FIRST_SITE
    from jira_assets.state.schema import SCHEMA_VERSION
    from jira_assets.state.tables import alembic_version, lake_tokens, metadata, sites

    engine = create_engine(url)
    with engine.begin() as connection:
        version = None
        if set(inspect(connection).get_table_names()) == set(metadata.tables):
            version = connection.scalar(select(alembic_version.c.version_num))
        if version == SCHEMA_VERSION:
            tables = [table.name for table in metadata.sorted_tables if table is not alembic_version]
            deletes = [f"delete from {table}" for table in reversed(tables)]
            connection.execute(text("; ".join([*deletes, f"alter sequence {lake_tokens.name} restart"])))
            connection.execute(sites.insert().values(site_id=FIRST_SITE, grant_id=FIRST_SITE))
    engine.dispose()
    if version != SCHEMA_VERSION:
        empty_database(url)
        State.open(url).close()


def _someone_else() -> dict[str, Any]:
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_name, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(programs: Path, server: subprocess.Popen[Any], port: int, log: Path) -> None:
    ask = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]

    def is_ready() -> bool:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
        return subprocess.run(ask, check=False).returncode == 0

    wait_until(is_ready, _SECONDS_TO_START)
