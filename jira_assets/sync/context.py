"""What every step of a sync works with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, TypeVar

from jira_assets.clock import utc_now
from jira_assets.jira.client import JiraClient
from jira_assets.lake.lake import Lake
from jira_assets.people.redaction import Redaction
from jira_assets.settings.per_project import ByProject
from jira_assets.sync.derivation_queue import DerivationQueue
from jira_assets.sync.empty_search import EmptySearchGuard
from jira_assets.sync.field_discovery import FieldChoice
from jira_assets.sync.identity_check import IdentityCheck
from jira_assets.sync.project_state import ProjectStates
from jira_assets.sync.ranked_threads import RankedThreads

Item = TypeVar("Item")
Result = TypeVar("Result")

READ_AT_ONCE = 8
"""Projects wait for Jira most of the time; requests in flight are limited elsewhere, for all of them. Each
holds some issues in memory that are not landed yet."""

Stage = Literal["reading", "deriving", "done"]


@dataclass(frozen=True)
class Progress:
    """How far a project is: issues read, and how many are expected in all (None while that is not known)."""

    project_key: str
    read: int
    expected: int | None = None
    message: str = ""
    stage: Stage = "reading"


@dataclass(frozen=True)
class SyncOptions:
    """How far to look back and what to leave out."""

    look_back: timedelta = timedelta(minutes=2)
    deep_look_back: timedelta = timedelta(hours=1)
    deep_look_every: timedelta = timedelta(minutes=15)
    refresh_every: timedelta = timedelta(days=1)
    excluded_fields: tuple[str, ...] = ("comment", "worklog", "attachment")
    extra_fields: tuple[str, ...] = ()
    by_hand: FieldChoice = field(default_factory=FieldChoice)
    entities: ByProject[str] = field(default_factory=ByProject)
    entity_bodies: ByProject[str] = field(default_factory=ByProject)

    @property
    def fields(self) -> list[str]:
        """What to ask Jira for: everything but what is excluded."""
        return ["*all", *(f"-{name}" for name in self.excluded_fields)]

    def entities_of(self, project_key: str) -> dict[str, bool]:
        """Return what is read beside the issues of a project, each with whether its texts are kept."""
        bodies = self.entity_bodies.of(project_key)
        return {name: name in bodies for name in self.entities.of(project_key)}

    @property
    def embeds_lists(self) -> bool:
        """Whether issues come with lists of which Jira embeds the first page only."""
        return not {"comment", "worklog"} <= set(self.excluded_fields)


@dataclass(frozen=True)
class SyncContext:
    """The client, the lake and a pool of threads for questions asked side by side.

    Tasks of the pool never wait for other tasks of it: the threads that hold a project wait, the pool works.
    Once `is_time_up`, a long read stops after what it has begun, and a later sync continues it.
    """

    client: JiraClient
    lake: Lake
    pool: RankedThreads
    clock: Callable[[], datetime] = utc_now
    options: SyncOptions = field(default_factory=SyncOptions)
    notify: Callable[[Progress], None] = lambda _: None
    redaction: Callable[[], Redaction] = Redaction
    """Reads which accounts are forgotten; to be asked while the project is held whose issues are landed."""
    silence: EmptySearchGuard = field(default_factory=EmptySearchGuard)
    identity: IdentityCheck = field(default_factory=IdentityCheck)
    derivations: DerivationQueue = field(default_factory=DerivationQueue)
    places: threading.Semaphore = field(default_factory=partial(threading.Semaphore, READ_AT_ONCE))
    """Limits how many projects are read at the same time."""
    place: int = 0
    """The place of the project among those that are synced."""
    is_time_up: Callable[[], bool] = lambda: False

    @property
    def project_states(self) -> ProjectStates:
        """What asks for the state of a project."""
        return ProjectStates(self.client, self.lake)

    def submit(self, task: Callable[[], Result], *, issues: int = 0) -> Future[Result]:
        """Run a task in the pool; its requests count for the thread that submits it.

        `issues` is how many are to be read of its project: tasks of smaller projects begin first.
        """
        return self.pool.submit(partial(copy_context().run, task), (issues, self.place))

    def side_by_side(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Ask about every item at the same time; the results come in the order of the items."""
        futures = [self.submit(partial(ask, item)) for item in items]
        drain(futures)
        return [future.result() for future in futures]


def drain(futures: Sequence[Future[Any]]) -> None:
    """Wait for all; when one fails, call off those that have not begun and raise its error."""
    try:
        for future in as_completed(futures):
            future.result()
    except BaseException:
        cancel(futures)
        raise


def cancel(futures: Sequence[Future[Any]]) -> None:
    """Cancel what has not begun, and wait for the rest: it must not outlive the lock of its project."""
    for future in futures:
        future.cancel()
    for future in futures:
        if not future.cancelled():
            future.exception()
