"""Do the work on one site of the home: ask Jira, read into the lake of the site, derive its tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from jira_assets.auth.remedies import error_of
from jira_assets.errors import AuthenticationError
from jira_assets.jira.client import JiraClient
from jira_assets.lake.compact import compact_project
from jira_assets.lake.damage import damage_signs, worth_doing_again
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.lake import Lake
from jira_assets.qualified import fields_of_site, split
from jira_assets.resource_limits import is_out_of_memory, is_resource_error
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, State, TrackedProject
from jira_assets.sync.context import Result, SyncContext, SyncOptions
from jira_assets.sync.entity_pass import wanted_worklogs
from jira_assets.sync.events import SyncListener
from jira_assets.sync.field_discovery import FieldChoice
from jira_assets.sync.findings import note_findings
from jira_assets.sync.forget import redaction_of
from jira_assets.sync.inactive_projects import find_again
from jira_assets.sync.project import Task
from jira_assets.sync.ranked_threads import RankedThreads
from jira_assets.sync.reference_data import refresh_site
from jira_assets.sync.repair import Found, recover, set_aside_damaged
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult, record_results, rederive_projects, sync_projects
from jira_assets.sync.session import SyncSession, start_session
from jira_assets.sync.transport import open_transport
from jira_assets.sync.worklog_files import compact_worklogs, restore_worklogs

OfProject = TypeVar("OfProject", TrackedProject, Outcome)

FEW_RETRIES: dict[str, Any] = {"attempts": 3, "patience": timedelta(seconds=10)}
NO_RETRIES: dict[str, Any] = {"attempts": 1, "patience": timedelta(seconds=5), "timeouts": (4, 8)}
"""Where other sites wait for the answer."""


@dataclass(frozen=True)
class SitePipeline:
    """One site of a home: `state` and `lake` are its own views, with the ids of projects as Jira has them."""

    site: ConnectedSite
    settings: Settings
    state: State
    lake: Lake
    listener: SyncListener
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] | None = None
    is_alone: bool = True
    """Whether it is the only site of the home."""
    verified: dict[str, SyncSession] = field(default_factory=dict)
    """Sessions that began with a question just now, for the next work on each site, by prefix."""

    def as_own(self, thing: OfProject) -> OfProject:
        """Return a project or an outcome with the id that the project has in its site."""
        return thing if self.site.is_first else replace(thing, project_id=split(thing.project_id)[1])

    def in_home(self, thing: OfProject) -> OfProject:
        """Return a project or an outcome with the qualified id of the project."""
        if self.site.is_first:
            return thing
        return replace(thing, project_id=self.site.prefix + thing.project_id)

    def says(self, notice: str) -> str:
        """Return a notice with the name of the site, unless it is the first or begins with a key of it."""
        is_clear = self.site.is_first or notice.startswith(self.site.prefix)
        return notice if is_clear else f"{self.site.label}: {notice}"

    @property
    def options(self) -> SyncOptions:
        """What a sync of the site needs to know of the settings."""
        options = options_from(self.settings)
        excluded = tuple(fields_of_site(self.site.prefix, options.excluded_fields))
        # The fields that are set for a whole site are those of the first one.
        by_hand = options.by_hand if self.site.is_first else FieldChoice()
        return replace(options, excluded_fields=excluded, by_hand=by_hand)

    def work_on(
        self,
        tasks: Sequence[Task],
        *,
        deep: bool = False,
        until: datetime | None = None,
        cancelled: threading.Event | None = None,
    ) -> SyncResult:
        """Do with each project what its task says, and record the outcomes.

        Raises `Cancelled` soon after that is set, and `AuthenticationError` when Jira does not know us.
        """
        result = self.recovering(
            lambda site: site._work_on(tasks, deep=deep, until=until, cancelled=cancelled)
        )
        again = {outcome.project_id for outcome in result.outcomes if worth_doing_again(outcome.error)}
        if again:
            rest = [task for task in tasks if task.project.project_id in again]
            result = result.followed_by(
                self.recovering(lambda site: site._work_on(rest, until=until, cancelled=cancelled))
            )
        return self._with_less_memory(result, tasks, until, cancelled)

    def _with_less_memory(
        self,
        result: SyncResult,
        tasks: Sequence[Task],
        until: datetime | None,
        cancelled: threading.Event | None,
    ) -> SyncResult:
        """Do sparingly, one after the other, what ran out of memory beside other projects."""
        short = {outcome.project_id for outcome in result.failures if is_out_of_memory(outcome.error)}
        for task in tasks:
            if task.project.project_id in short:
                alone = partial(SitePipeline._work_on, tasks=[task], until=until, cancelled=cancelled)
                result = result.followed_by(self._on_another_engine(alone, sparing=True))
        return result

    def _work_on(
        self,
        tasks: Sequence[Task],
        *,
        deep: bool = False,
        until: datetime | None = None,
        cancelled: threading.Event | None = None,
    ) -> SyncResult:
        with self.asking_jira(cancelled=cancelled) as context:
            if deep:
                options = replace(context.options, deep_look_every=timedelta())
                context = replace(context, options=options)
            if until is not None:
                context = replace(context, is_time_up=lambda: self.clock() >= until)
            read = sync_projects(context, self.state, tasks, self.verified.pop(self.site.prefix, None))
        result = record_results(self.lake.cursor(), self.state, read, self.clock())
        self.note_findings(result.outcomes)
        return result

    def check_reachable(self) -> None:
        """Raise what Jira, or the way to it, answers to the question who we are, without waiting for long."""
        with self.asking_jira(patient=False) as context:
            context.client.fetch_identity()

    def refresh(self) -> list[str]:
        """Read the tables of the site again; returns the keys of projects that are visible again."""
        return self.recovering(lambda site: site._refresh())

    def _refresh(self) -> list[str]:
        tracked = [project.project_id for project in self.state.projects.tracked()]
        with self.asking_jira() as context:
            start_session(context)
            found = find_again(context.client, self.state)
            refresh_site(context, tracked, force=True)
        return found

    def rederive(self, projects: Sequence[TrackedProject], *, wait: bool = True) -> list[Outcome]:
        """Derive the projects' tables again from what the lake holds, without asking Jira.

        Unless it is to `wait`, a project that another process works on comes back as failed by `LockHeld`.
        """
        worklogs = self.lake.site_manifest().worklogs
        if worklogs.raw or worklogs.chosen:
            chosen = wanted_worklogs(self.state, self.options)
            self.recovering(lambda site: restore_worklogs(site.lake.cursor(), site.clock(), chosen))
        return self.recovering(lambda site: rederive_projects(site.lake, projects, site.options, wait=wait))

    def compact(self) -> int:
        """Merge the raw files of every project into fewer; returns how many files became one less."""
        tracked = self.state.projects.tracked(include_inactive=True)
        merged = sum(self.recovering(partial(_compact, project_id=project.project_id)) for project in tracked)
        return merged + self.recovering(lambda site: compact_worklogs(site.lake))

    def set_aside_damaged(self, projects: Sequence[TrackedProject]) -> Found:
        """Look at every byte of every file, and set aside what is damaged."""
        return set_aside_damaged(self.lake, projects, self.settings.extra_fields)

    def note_findings(self, outcomes: Sequence[Outcome]) -> None:
        """Look, in the projects that changed, for what would otherwise be wrong silently."""
        changed = {outcome.project_id for outcome in outcomes if outcome.changed}
        note_findings(self.lake, self.state, self.clock(), changed)

    def recovering(self, work: Callable[[SitePipeline], Result]) -> Result:
        """Do the work; when it meets damaged files that can be made again, make them and do it once more.

        It is done once more also where no damage is found: a project that is synced at the same time may
        have mended the file. When it runs out of memory, it is done once more sparingly.
        """
        return sparing_memory(lambda sparing: self._mending(work, sparing=sparing))

    def _mending(self, work: Callable[[SitePipeline], Result], *, sparing: bool) -> Result:
        try:
            return self._on_another_engine(work, sparing=True) if sparing else work(self)
        except damage_signs() as error:
            if is_resource_error(error):
                raise
            self.recover(sparing=sparing)
        # Some damage leaves the engine that met it unusable.
        return self._on_another_engine(work, sparing=sparing)

    def recover(self, *, sparing: bool = False) -> bool:
        """Note damaged tables and derive them again; returns whether any were."""

        def mend(site: SitePipeline) -> bool:
            return recover(site.lake, site.state, site.options)

        return self._on_another_engine(mend, sparing=sparing)

    def _on_another_engine(self, work: Callable[[SitePipeline], Result], *, sparing: bool = False) -> Result:
        with closing(self.lake.reopened(sparing=sparing)) as lake:
            return work(replace(self, lake=lake))

    @contextmanager
    def asking_jira(
        self, *, patient: bool = True, cancelled: threading.Event | None = None
    ) -> Iterator[SyncContext]:
        """Open a client for the connected site and threads that ask side by side.

        Unless `patient`, raises after some seconds when Jira cannot answer now.
        """
        try:
            with self._asking(patient=patient, cancelled=cancelled) as context:
                yield context
        except AuthenticationError as error:
            raise error_of(error, self.site) from error.__cause__

    @contextmanager
    def _asking(self, *, patient: bool, cancelled: threading.Event | None) -> Iterator[SyncContext]:
        impatient = FEW_RETRIES if self.is_alone else NO_RETRIES
        transport = open_transport(
            self.settings,
            self.state,
            self.clock,
            counts_points=True,
            sleep=self.sleep,
            cancelled=cancelled,
            on_wait=self.listener.waiting,
            **({} if patient else impatient),
        )
        with closing(transport), RankedThreads(self.settings.max_in_flight, "ask") as pool:
            yield SyncContext(
                client=JiraClient(transport),
                lake=self.lake,
                pool=pool,
                clock=self.clock,
                options=self.options,
                notify=self.listener.progress,
                redaction=partial(redaction_of, self.state),
            )


def _compact(site: SitePipeline, project_id: str) -> int:
    return compact_project(site.lake, project_id, site.settings.extra_fields)


def options_from(settings: Settings) -> SyncOptions:
    """Take from the settings what a sync needs to know."""
    return SyncOptions(
        look_back=timedelta(minutes=settings.look_back_minutes),
        deep_look_back=timedelta(minutes=settings.deep_look_back_minutes),
        deep_look_every=timedelta(minutes=settings.deep_look_every_minutes),
        excluded_fields=settings.excluded_fields,
        extra_fields=settings.extra_fields,
        entities=settings.entities,
        entity_bodies=settings.entity_bodies,
        by_hand=FieldChoice(settings.story_points_field, settings.sprint_field, settings.team_field),
    )
