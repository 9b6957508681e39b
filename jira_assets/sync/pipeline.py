"""Open everything a sync works with, from the settings, and close it again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from jira_assets.auth.credentials import choose_connection
from jira_assets.clock import utc_now
from jira_assets.errors import LockHeld, PublishError
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import Bearer, Connection
from jira_assets.jira.http import Transport
from jira_assets.jira.quota import PointsLedger
from jira_assets.lake.compact import compact_project
from jira_assets.lake.damage import damage_signs, worth_doing_again
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import SiteTable
from jira_assets.resource_limits import is_out_of_memory, is_resource_error, resource_errors
from jira_assets.settings.load import Settings
from jira_assets.state import State, TrackedProject
from jira_assets.sync.context import Result, SyncContext, SyncOptions
from jira_assets.sync.events import SyncListener
from jira_assets.sync.external_inputs import follow_sources, note_followed, outside_identity
from jira_assets.sync.field_discovery import FieldChoice
from jira_assets.sync.findings import note_findings
from jira_assets.sync.forget import Erased, check_forgettable, erase_pending, go_on_erasing, redaction_of
from jira_assets.sync.inactive_projects import find_again
from jira_assets.sync.notices import ActiveNotice, current_notices, in_lines
from jira_assets.sync.project import Task
from jira_assets.sync.publish import publish_noted, publish_warehouse
from jira_assets.sync.reference_data import refresh_site
from jira_assets.sync.repair import Repaired, count_lost, recover, set_aside_damaged
from jira_assets.sync.results import Mode, Outcome
from jira_assets.sync.run import SyncResult, finish_sync, rederive_projects, sync_projects
from jira_assets.sync.session import start_session
from jira_assets.warehouse.audits import warehouse_damage
from jira_assets.warehouse.publish import PublishResult

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

POINTS_OF_AN_APP = 60_000
"""What an OAuth app may spend in an hour, less a reserve; Jira allows 65,000 for all its users together."""

FEW_RETRIES: dict[str, Any] = {"attempts": 3, "patience": timedelta(seconds=10)}


def _in_room(
    method: Callable[Concatenate[Pipeline, Given], Returned],
) -> Callable[Concatenate[Pipeline, Given], Returned]:
    """Raise `ResourceExhausted` naming the home where the method meets the end of a disk or of memory."""

    @wraps(method)
    def wrapped(self: Pipeline, /, *args: Given.args, **options: Given.kwargs) -> Returned:
        with resource_errors(self.settings.home):
            return method(self, *args, **options)

    return wrapped


@dataclass(frozen=True)
class Pipeline:
    """One home, opened: what can be done with it, for commands and Dagster alike."""

    settings: Settings
    state: State
    lake: Lake
    listener: SyncListener = field(default_factory=SyncListener)
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] | None = None

    def sync(
        self,
        projects: Sequence[TrackedProject],
        *,
        full: bool = False,
        deep: bool = False,
        run_time: timedelta | None = None,
    ) -> SyncResult:
        """Bring the projects up to date in the lake: what changed or, when `full`, everything again.

        `deep` looks back as far as the search index may lag, which is done now and then anyway. After
        `run_time` long reads stop, and the next sync continues them.
        """
        mode: Mode = "full" if full else "incremental"
        return self.work_on([Task(project, mode) for project in projects], deep=deep, run_time=run_time)

    def reconcile(self, projects: Sequence[TrackedProject], *, accept: Collection[str] = ()) -> SyncResult:
        """Compare every issue of the projects with Jira, mend what differs, and prove that none is missing.

        `accept` names the keys of projects of which it may be believed that most or all of it is gone.
        """
        tasks = [Task(project, "reconcile", project.project_key in accept) for project in projects]
        return self.work_on(tasks)

    @_in_room
    def work_on(
        self,
        tasks: Sequence[Task],
        *,
        deep: bool = False,
        run_time: timedelta | None = None,
        cancelled: threading.Event | None = None,
    ) -> SyncResult:
        """Do with each project what its task says; publishing is another step.

        Raises `Cancelled` soon after that is set.
        """
        until = None if run_time is None else self.clock() + run_time
        result = self._recovering(
            lambda pipeline: pipeline._work_on(tasks, deep=deep, until=until, cancelled=cancelled)
        )
        go_on_erasing(self)
        again = {outcome.project_id for outcome in result.outcomes if worth_doing_again(outcome.error)}
        if again:
            rest = [task for task in tasks if task.project.project_id in again]
            result = result.followed_by(
                self._recovering(lambda pipeline: pipeline._work_on(rest, until=until, cancelled=cancelled))
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
                alone = partial(Pipeline._work_on, tasks=[task], until=until, cancelled=cancelled)
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
        notices = follow_sources(self.lake, self.state, self.settings)
        with self.asking_jira(cancelled=cancelled) as context:
            if deep:
                options = replace(context.options, deep_look_every=timedelta())
                context = replace(context, options=options)
            if until is not None:
                context = replace(context, is_time_up=lambda: self.clock() >= until)
            read = sync_projects(context, self.state, tasks)
        result = finish_sync(self.lake.cursor(), self.state, read, self.clock())
        self._note_findings(result.outcomes)
        result.notices += [*notices, *in_lines(self.notices())]
        return result

    @_in_room
    def refresh_site(self) -> tuple[Mapping[str, SiteTable], list[str]]:
        """Read the site's own tables again; returns them, and what could not be read."""
        found = self._recovering(lambda pipeline: pipeline._refresh_site())
        notices = [f"{key} is visible again." for key in found]
        return self.lake.site_manifest().tables, [*notices, *in_lines(self.notices())]

    def _refresh_site(self) -> list[str]:
        tracked = [project.project_id for project in self.state.projects.tracked()]
        with self.asking_jira() as context:
            start_session(context)
            found = find_again(context.client, self.state)
            refresh_site(context, tracked, force=True)
        return found

    def notices(self) -> list[ActiveNotice]:
        """Return what stops no sync, and people should know."""
        return current_notices(self.lake, self.state.projects.tracked())

    @_in_room
    def rederive(self, projects: Sequence[TrackedProject], *, wait: bool = True) -> list[Outcome]:
        """Derive the projects' tables again from what the lake holds, without asking Jira.

        Unless it is to `wait`, a project that another process works on comes back as failed by `LockHeld`.
        """
        options = options_from(self.settings)
        return self._recovering(
            lambda pipeline: rederive_projects(pipeline.lake, pipeline.state, projects, options, wait=wait)
        )

    @_in_room
    def publish_decisions(self, *, force: bool = False) -> tuple[list[str], PublishResult | None]:
        """Bring what people decided and other programs keep into the tables, without asking Jira.

        Returns notices for people, and what was published. A project that another process works on is
        left to them for now: then it is not noted that all was followed.
        """
        identity = outside_identity(self.state, self.settings)  # first: what is decided from now on is news
        notices = follow_sources(self.lake, self.state, self.settings)
        # What was never read to its end has nothing to derive; the sync that reads it does so itself.
        read = [project for project in self.state.projects.tracked() if self._was_read(project)]
        outcomes = self.rederive(read, wait=False)
        left_out = [outcome.project_key for outcome in outcomes if isinstance(outcome.error, LockHeld)]
        self._note_findings(outcomes)
        published = self.publish(force=force)
        if not left_out:
            note_followed(self.lake, identity)
        notices += [f"{key} is being synced. The new fields are applied after that." for key in left_out]
        return notices, published

    def _was_read(self, project: TrackedProject) -> bool:
        manifest = self.lake.readable_manifest(project.project_id)
        return manifest is not None and manifest.watermark is not None

    @_in_room
    def compact(self) -> int:
        """Merge the raw files of every project into fewer; returns how many files became one less."""
        tracked = self.state.projects.tracked(include_inactive=True)
        return sum(self._recovering(partial(_compact, project_id=project.project_id)) for project in tracked)

    @_in_room
    def publish(self, *, force: bool = False) -> PublishResult | None:
        """Publish what the lake holds, if that is not what the warehouse shows already."""
        signs: tuple[type[Exception], ...] = (*damage_signs(), PublishError)
        with publish_noted(self.lake, self.clock()):
            try:
                return self._publish(force=force)
            except signs as error:
                if is_resource_error(error):
                    raise
                is_mended = self._recover()
                if not is_mended and warehouse_damage(self.settings.warehouse_dir) is None:
                    raise
            return self._publish(force=True)  # from the lake alone: the last warehouse may be damaged

    def _publish(self, *, force: bool) -> PublishResult | None:
        return publish_warehouse(
            self.lake,
            self.state,
            self.settings,
            now=self.clock(),
            force=force,
            on_begin=self.listener.publishing,
        )

    @_in_room
    def repair(self, projects: Sequence[TrackedProject]) -> Repaired:
        """Set aside what is damaged of these projects, of the site and of the warehouse; bring it back.

        What was read from Jira is read again, what was made from that is made again.
        """
        found = set_aside_damaged(self.lake, projects, self.settings.extra_fields)
        unread = {each.project.project_id for each in found.projects if each.is_unread}
        tasks = [Task(project, "reconcile") for project in projects if project.project_id in unread]
        result = self.work_on(tasks) if tasks else SyncResult([])
        if found.site:
            self.refresh_site()
        if found.projects:
            self.rederive([each.project for each in found.projects if not each.is_unread], wait=True)
        warehouse = warehouse_damage(self.settings.warehouse_dir)
        published = self.publish(force=bool(warehouse)) if found or warehouse else None
        waiting = {outcome.project_id for outcome in result.failures}
        lost = {
            each.project.project_id: count_lost(self.lake, each)
            for each in found.projects
            if each.project.project_id not in waiting
        }
        return Repaired(found, result, warehouse, lost, published)

    @_in_room
    def forget(self, account_id: str) -> Erased:
        """Erase the name and address of an account from this home, for good.

        Raises `InputError` for the account that the home is connected with.
        """
        check_forgettable(self, account_id)
        self.state.forgotten.add(account_id)
        return erase_pending(self) or Erased([account_id])

    def _recovering(self, work: Callable[[Pipeline], Result]) -> Result:
        """Do the work; when it meets damaged files that can be made again, make them and do it once more.

        It is done once more also where no damage is found: a project that is synced at the same time may
        have mended the file. When it runs out of memory, it is done once more sparingly.
        """
        return sparing_memory(lambda sparing: self._mending(work, sparing=sparing))

    def _mending(self, work: Callable[[Pipeline], Result], *, sparing: bool) -> Result:
        try:
            return self._on_another_engine(work, sparing=True) if sparing else work(self)
        except damage_signs() as error:
            if is_resource_error(error):
                raise
            self._recover(sparing=sparing)
        # Some damage leaves the engine that met it unusable.
        return self._on_another_engine(work, sparing=sparing)

    def _recover(self, *, sparing: bool = False) -> bool:
        def mend(pipeline: Pipeline) -> bool:
            return recover(pipeline.lake, pipeline.state, options_from(pipeline.settings))

        return self._on_another_engine(mend, sparing=sparing)

    def _on_another_engine(self, work: Callable[[Pipeline], Result], *, sparing: bool = False) -> Result:
        with closing(self.lake.reopened(sparing=sparing)) as lake:
            return work(replace(self, lake=lake))

    def _note_findings(self, outcomes: Sequence[Outcome]) -> None:
        changed = {outcome.project_id for outcome in outcomes if outcome.changed}
        note_findings(self.lake, self.state, self.settings, self.clock(), changed)

    @contextmanager
    def asking_jira(
        self, *, patient: bool = True, cancelled: threading.Event | None = None
    ) -> Iterator[SyncContext]:
        """Open a client for the connected site and threads that ask side by side.

        Who is not patient hears after some seconds that Jira cannot answer now.
        """
        connection = choose_connection(self.settings, self.state, self.clock)
        transport = Transport(
            connection,
            max_in_flight=self.settings.max_in_flight,
            **({} if patient else FEW_RETRIES),
            ledger=PointsLedger(self.state.points, self.state.pauses, self._budget(connection), self.clock),
            clock=self.clock,
            sleep=self.sleep,
            cancelled=cancelled,
            pause=self.state.pauses,
            on_wait=self.listener.waiting,
        )
        with closing(transport), ThreadPoolExecutor(self.settings.max_in_flight, "ask") as pool:
            yield SyncContext(
                client=JiraClient(transport),
                lake=self.lake,
                pool=pool,
                clock=self.clock,
                options=options_from(self.settings),
                notify=self.listener.progress,
                redaction=partial(redaction_of, self.state),
            )

    def _budget(self, connection: Connection) -> int | None:
        """Return how many points an hour may cost; Jira meters OAuth apps only."""
        metered = isinstance(connection.credential, Bearer)
        return self.settings.points_per_hour or (POINTS_OF_AN_APP if metered else None)


@contextmanager
def open_pipeline(settings: Settings, listener: SyncListener | None = None) -> Iterator[Pipeline]:
    """Open the state and the lake of this home."""
    lake = Lake(settings.lake_dir, memory_limit=settings.memory_limit)
    with closing(State.open(settings.state_url)) as state, closing(lake):
        yield Pipeline(settings, state, lake, listener or SyncListener())


def _compact(pipeline: Pipeline, project_id: str) -> int:
    return compact_project(pipeline.lake, project_id, pipeline.settings.extra_fields)


def options_from(settings: Settings) -> SyncOptions:
    """Take from the settings what a sync needs to know."""
    return SyncOptions(
        look_back=timedelta(minutes=settings.look_back_minutes),
        deep_look_back=timedelta(minutes=settings.deep_look_back_minutes),
        deep_look_every=timedelta(minutes=settings.deep_look_every_minutes),
        excluded_fields=settings.excluded_fields,
        extra_fields=settings.extra_fields,
        by_hand=FieldChoice(settings.story_points_field, settings.sprint_field, settings.team_field),
    )
