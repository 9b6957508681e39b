"""The manifests of a shared lake as rows, and which of its files no manifest names.

A lake is named by the address of its store. PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from jira_assets.state.database import StatePart

READ_AT_ONCE = 1000
"""So many documents are in memory twice, as the driver has them and as bytes."""

_READ = text("select version, body from lake_documents where lake = :lake and name = :name")
_READ_MANY = text(
    "select name, body from lake_documents where lake = :lake and name = any(cast(:names as text[]))"
)
_VERSIONS = text("select name, version from lake_documents where lake = :lake and name like :pattern")
_COMMIT = text("""
with held as (
    select from lake_leases where lake = :lake and name = :owner and token = :token for update
), written as (
    insert into lake_documents (lake, name, version, token, body)
    select :lake, :name, 1, :token, :body from held
    where :version = 0 or exists (select from lake_documents where lake = :lake and name = :name)
    on conflict (lake, name) do update
    set version = lake_documents.version + 1, token = excluded.token, body = excluded.body
    where lake_documents.version = :version and lake_documents.token <= excluded.token
    returning version
), no_longer as (
    insert into lake_trash (lake, path, owner, unnamed_at)
    select :lake, path, :owner, now() from unnest(cast(:unnamed as text[])) as path
    where exists (select from written)
    on conflict (lake, path) do update set unnamed_at = excluded.unnamed_at
), from_now_on as (
    delete from lake_trash
    where lake = :lake and path = any(cast(:named as text[])) and exists (select from written)
)
select version from written
""")
_REPLACE = text("""
insert into lake_documents (lake, name, version, token, body) values (:lake, :name, 1, 0, :body)
on conflict (lake, name) do update set version = lake_documents.version + 1, body = excluded.body
""")
_RENAME = text("update lake_documents set name = :new where lake = :lake and name = :name")
_DELETE = text("delete from lake_documents where lake = :lake and name like :pattern")
_NOT_YET_NAMED = text("""
insert into lake_trash (lake, path, owner, unnamed_at)
select :lake, path, :owner, now() from unnest(cast(:paths as text[])) as path
on conflict (lake, path) do update set unnamed_at = excluded.unnamed_at
""")
_UNNAMED = text("""
select path from lake_trash
where lake = :lake and owner = :owner and unnamed_at <= now() - make_interval(secs => :live)
""")
_GONE = text("delete from lake_trash where lake = :lake and path = any(cast(:paths as text[]))")
_LAKES = text("select distinct lake from lake_documents where lake like :pattern order by lake")
_FORGET = [
    text(f"delete from {table} where lake = :lake")
    for table in ("lake_documents", "lake_trash", "lake_leases")
]
_SIZES = text("select length(body) from lake_documents where lake = :lake")


@dataclass(frozen=True)
class DocumentCommit:
    """A document that takes the place of version `version` (0: of none), under the lease `token` of `owner`.

    `named` are the files that exist from now on, `unnamed` those that do not any more.
    """

    name: str
    body: bytes
    version: int
    owner: str
    token: int
    named: Collection[str] = ()
    unnamed: Collection[str] = ()


class LakeDocuments(StatePart):
    """Read, list and replace documents; note which files are named."""

    def read(self, lake: str, name: str) -> tuple[int, bytes] | None:
        """Return the version and the content of a document."""
        with self._database.at_once() as connection:
            row = connection.execute(_READ, {"lake": lake, "name": name}).one_or_none()
        return None if row is None else (row.version, bytes(row.body))

    def read_many(self, lake: str, names: Sequence[str]) -> dict[str, bytes]:
        """Return the content of those of the documents that there are."""
        found: dict[str, bytes] = {}
        with self._database.at_once() as connection:
            for first in range(0, len(names), READ_AT_ONCE):
                some = list(names[first : first + READ_AT_ONCE])
                rows = connection.execute(_READ_MANY, {"lake": lake, "names": some})
                found |= {name: bytes(body) for name, body in rows}
        return found

    def versions(self, lake: str, prefix: str = "") -> dict[str, int]:
        """Return the version of every document whose name begins like this."""
        with self._database.at_once() as connection:
            rows = connection.execute(_VERSIONS, {"lake": lake, "pattern": _beginning(prefix)})
            return {name: int(version) for name, version in rows}

    def commit(self, lake: str, commit: DocumentCommit) -> int | None:
        """Replace a document by one statement; return its new version.

        Returns None, and changes nothing, when the lease was taken over or the version is another one.
        """
        given: Mapping[str, Any] = {
            **vars(commit),
            "named": list(commit.named),
            "unnamed": list(commit.unnamed),
        }
        with self._database.at_once() as connection:
            version = connection.scalar(_COMMIT, {"lake": lake, **given})
        return None if version is None else int(version)

    def replace(self, lake: str, name: str, body: bytes) -> None:
        """Write a document that no lease protects."""
        with self._database.at_once() as connection:
            connection.execute(_REPLACE, {"lake": lake, "name": name, "body": body})

    def rename(self, lake: str, name: str, new: str) -> None:
        """Rename a document; what is missing is passed over."""
        with self._database.at_once() as connection:
            connection.execute(_RENAME, {"lake": lake, "name": name, "new": new})

    def delete(self, lake: str, prefix: str) -> int:
        """Delete the documents whose names begin like this; return how many."""
        with self._database.at_once() as connection:
            return connection.execute(_DELETE, {"lake": lake, "pattern": _beginning(prefix)}).rowcount

    def note_unnamed(self, lake: str, owner: str, paths: Collection[str]) -> None:
        """Note files that no manifest names now, before they are written."""
        with self._database.at_once() as connection:
            connection.execute(_NOT_YET_NAMED, {"lake": lake, "owner": owner, "paths": list(paths)})

    def unnamed(self, lake: str, owner: str, live: float) -> list[str]:
        """Return the files of a project, or of the site, that were not named for so many seconds."""
        with self._database.at_once() as connection:
            return list(connection.scalars(_UNNAMED, {"lake": lake, "owner": owner, "live": live}))

    def note_removed(self, lake: str, paths: Collection[str]) -> None:
        """Note that these files are gone."""
        with self._database.at_once() as connection:
            connection.execute(_GONE, {"lake": lake, "paths": list(paths)})

    def sizes(self, lake: str) -> list[int]:
        """Return the bytes of each document."""
        with self._database.at_once() as connection:
            return list(connection.scalars(_SIZES, {"lake": lake}))

    def lakes_below(self, address: str) -> list[str]:
        """Name the lakes whose address begins with this one and a slash."""
        with self._database.at_once() as connection:
            return list(connection.scalars(_LAKES, {"pattern": _beginning(f"{address}/")}))

    def forget(self, lake: str) -> None:
        """Delete all that is kept of a lake."""
        with self._database.at_once() as connection:
            for statement in _FORGET:
                connection.execute(statement, {"lake": lake})


def _beginning(prefix: str) -> str:
    """Return the pattern of names that begin like this."""
    return "".join(f"\\{each}" if each in "\\%_" else each for each in prefix) + "%"
