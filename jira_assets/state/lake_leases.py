"""Leases on the projects of a shared lake, by the clock of the database: what a dead host held gets free.

A lease that is taken over gets a higher token. What is committed with a lower one is refused, so a host that
was frozen while its lease ran out changes nothing when it wakes up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from jira_assets.state.database import StatePart

_TAKE = text("""
insert into lake_leases (lake, name, token, host, pid, purpose, since, expires_at)
values (
    :lake, :name, nextval('lake_tokens'), :host, :pid, :purpose, now(), now() + make_interval(secs => :life)
)
on conflict (lake, name) do update
set token = excluded.token, host = excluded.host, pid = excluded.pid, purpose = excluded.purpose,
    since = excluded.since, expires_at = excluded.expires_at
where lake_leases.expires_at < now()
returning token
""")
_RENEW = text("""
update lake_leases set expires_at = now() + make_interval(secs => :life)
where token = any(cast(:tokens as bigint[]))
returning token
""")
_GIVE = text("delete from lake_leases where lake = :lake and name = :name and token = :token")
_HOLDERS = text("""
select name, host, pid, purpose, since from lake_leases
where lake = :lake and name = any(cast(:names as text[])) and expires_at >= now()
""")

_STANDING = text("select expires_at >= now() from lake_leases where lake = :lake and name = :name")
_DELETE_EXPIRED = text("""
delete from lake_leases
where lake = :lake and starts_with(name, :prefix) and expires_at < now()
    and name <> all(cast(:kept as text[]))
""")


@dataclass(frozen=True)
class LeaseHolder:
    """Which process of which host holds a lease, what for, and since when by the clock of the database."""

    host: str
    pid: int
    purpose: str
    since: datetime


class LakeLeases(StatePart):
    """Take, renew and give back; PostgreSQL only."""

    def take(self, lake: str, name: str, holder: LeaseHolder, life: float) -> int | None:
        """Take a lease that is free, or that has run out, for so many seconds.

        Returns its token; None when another process holds it. The `since` of the holder is not used.
        """
        given = {"host": holder.host, "pid": holder.pid, "purpose": holder.purpose, "life": life}
        with self._database.at_once() as connection:
            token = connection.scalar(_TAKE, {"lake": lake, "name": name, **given})
        return None if token is None else int(token)

    def renew(self, tokens: Collection[int], life: float) -> set[int]:
        """Have leases last for so many seconds from now; return those that are still held."""
        with self._database.at_once() as connection:
            return set(connection.scalars(_RENEW, {"tokens": list(tokens), "life": life}))

    def give_back(self, lake: str, name: str, token: int) -> None:
        """Free a lease, unless it was taken over."""
        with self._database.at_once() as connection:
            connection.execute(_GIVE, {"lake": lake, "name": name, "token": token})

    def standing(self, lake: str, name: str) -> bool | None:
        """Check whether a lease is held: False when it ran out, None when there is none."""
        with self._database.at_once() as connection:
            found = connection.scalar(_STANDING, {"lake": lake, "name": name})
        return None if found is None else bool(found)

    def delete_expired(self, lake: str, prefix: str, kept: Sequence[str]) -> None:
        """Delete leases that ran out, of names that begin like this and are not to be kept."""
        with self._database.at_once() as connection:
            connection.execute(_DELETE_EXPIRED, {"lake": lake, "prefix": prefix, "kept": list(kept)})

    def holders(self, lake: str, names: Sequence[str]) -> dict[str, LeaseHolder]:
        """Return who holds which of these."""
        with self._database.at_once() as connection:
            rows = connection.execute(_HOLDERS, {"lake": lake, "names": list(names)})
            return {
                name: LeaseHolder(host, pid, purpose, since.astimezone(UTC))
                for name, host, pid, purpose, since in rows
            }
