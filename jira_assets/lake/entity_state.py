"""How far what belongs to the issues of a project is read: parts of its manifest."""

from __future__ import annotations

from datetime import datetime

import msgspec


class EntityProof(msgspec.Struct, frozen=True):
    """Jira was asked about every issue, and what belongs to it is here; `fetched` lists differed before."""

    at: datetime
    in_jira: int
    in_lake: int
    fetched: int = 0


class EntityState(msgspec.Struct, frozen=True):
    """How far the comments, or another kind of things that belong to issues, are read.

    Issues whose list was last read before `first_seq` are still to be read, in the number of `behind`.
    """

    read_at: datetime | None = None
    first_seq: int = 0
    has_bodies: bool = False
    behind: int = 0
    proof: EntityProof | None = None


class EntityProblem(msgspec.Struct, frozen=True):
    """Why comments and the like could not be read, or not all of them."""

    reason: str
    instruction: str
    since: datetime
