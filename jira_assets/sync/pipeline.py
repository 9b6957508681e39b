"""Open a home, and do what concerns all its sites: sync side by side, match people once, publish together."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

from jira_assets.auth.status import sites_in_use
from jira_assets.clock import utc_now
from jira_assets.errors import JiraAssetsError, LockHeld, PublishError
from jira_assets.lake.damage import damage_signs
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.home_lake import open_lake
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import SiteTable
from jira_assets.qualified import split
from jira_assets.resource_limits import is_resource_error, resource_errors
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, State, TrackedProject
from jira_assets.sync.events import SyncListener
from jira_assets.sync.external_inputs import follow_sources, note_followed, outside_identity
from jira_assets.sync.findings import note_settings
from jira_assets.sync.forget import Erased, check_forgettable, erase_pending, go_on_erasing
from jira_assets.sync.notices import ActiveNotice, current_notices, in_lines
from jira_assets.sync.project import Task
from jira_assets.sync.publish import publish_noted, publish_warehouse
from jira_assets.sync.raw_table import follow_raw_files
from jira_assets.sync.repair import Repaired, repair_home
from jira_assets.sync.results import Mode, Outcome
from jira_assets.sync.run import SyncResult, match_people
from jira_assets.sync.session import SyncSession
from jira_assets.sync.side_by_side import work_on_sites
from jira_assets.sync.site_pipeline import SitePipeline
from jira_assets.sync.targets import TargetStatus, publish_to_targets, target_statuses
from jira_assets.warehouse.audits import warehouse_damage
from jira_assets.warehouse.publish import PublishResult

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


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
    """One home, opened: what can be done with it, for commands and Dagster alike.

    Ids and keys of projects of further sites are qualified. `known_sites` are the sites as they were when it
    was opened.
    """

    settings: Settings
    state: State
    lake: Lake
    listener: SyncListener = field(default_factory=SyncListener)
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] | None = None
    known_sites: Sequence[ConnectedSite] = (ConnectedSite(),)
    verified: dict[str, SyncSession] = field(default_factory=dict)
    """Sessions that began with a question just now, for the next work on each site, by prefix."""

    @property
    def sites(self) -> list[SitePipeline]:
        """The sites of the home, each with its own views of state and lake."""
        return [self._site(site) for site in self.known_sites]

    def _site(self, site: ConnectedSite) -> SitePipeline:
        return SitePipeline(
            site,
            self.settings,
            self.state.of(site),
            self.lake.of(site.prefix),
            self.listener,
            self.clock,
            self.sleep,
            is_alone=len(self.known_sites) == 1,
            verified=self.verified,
        )

    def by_site(self, projects: Sequence[TrackedProject]) -> list[tuple[SitePipeline, list[TrackedProject]]]:
        """Return the sites that have some of these projects, and those with their ids in the site."""
        of_prefix = defaultdict(list)
        for project in projects:
            of_prefix[split(project.project_id)[0]].append(project)
        return [
            (site, [site.as_own(each) for each in of_prefix[site.site.prefix]])
            for site in self.sites
            if site.site.prefix in of_prefix
        ]

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
        is_part: bool = False,
    ) -> SyncResult:
        """Do with each project what its task says, each site for itself; publishing is another step.

        Raises `Cancelled` soon after that is set. Where no site can be asked, raises the error of the first,
        unless the tasks are only a part of what was wanted, and projects of other sites are current.
        """
        until = None if run_time is None else self.clock() + run_time
        notices = self._recovering(lambda home: follow_sources(home.lake, home.state, home.settings))
        result = work_on_sites(
            self.sites, tasks, deep=deep, until=until, cancelled=cancelled, is_part=is_part
        )
        go_on_erasing(self)
        result.outcomes = self._matched(result.outcomes)
        note_settings(self.lake, self.state, self.settings, self.clock())
        result.notices += [*notices, *in_lines(self.notices())]
        return result

    def _matched(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Match the people of all sites; return the outcomes with what that changed."""
        return self._recovering(lambda home: match_people(home.lake.cursor(), home.state, outcomes))

    @_in_room
    def refresh_sites(self) -> list[str]:
        """Read the sites' own tables again; returns notices, also about sites that could not be asked.

        Raises the error of the first site where that is all of them.
        """
        in_use = sites_in_use(self.known_sites, self.state.projects.tracked())
        notices, errors = [], []
        for site in map(self._site, in_use):
            try:
                notices += [f"{key} is visible again." for key in site.refresh()]
            except JiraAssetsError as error:
                errors.append(error)
                notices.append(site.says(str(error)))
        if len(errors) == len(in_use):
            raise errors[0]
        return [*notices, *in_lines(self.notices())]

    def site_tables(self, name: str) -> list[SiteTable]:
        """Return the tables of that name that the lake has, of all sites."""
        found = [site.lake.site_manifest().tables.get(name) for site in self.sites]
        return [table for table in found if table is not None]

    def notices(self) -> list[ActiveNotice]:
        """Return what stops no sync, and people should know."""
        return current_notices(self.lake, self.state.projects.tracked())

    def targets(self) -> list[TargetStatus]:
        """Return how the targets stand that are published besides the DuckDB file."""
        return target_statuses(self.lake, self.settings)

    def target_notices(self) -> list[str]:
        """Say which of them failed, in a line each."""
        failed = {each.part for each in self.targets() if each.trouble}
        return in_lines([notice for notice in self.notices() if notice.part in failed]) if failed else []

    @_in_room
    def rederive(self, projects: Sequence[TrackedProject], *, wait: bool = True) -> list[Outcome]:
        """Derive the projects' tables again from what the lake holds, without asking Jira.

        Unless it is to `wait`, a project that another process works on comes back as failed by `LockHeld`.
        """
        outcomes = [
            site.in_home(outcome)
            for site, own in self.by_site(projects)
            for outcome in site.rederive(own, wait=wait)
        ]
        return self._matched(outcomes)

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
        for site in self.sites:
            own = [outcome for outcome in outcomes if split(outcome.project_id)[0] == site.site.prefix]
            site.note_findings([site.as_own(outcome) for outcome in own])
        note_settings(self.lake, self.state, self.settings, self.clock())
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
        merged = sum(site.compact() for site in self.sites)
        follow_raw_files(self.lake, self.settings, self.clock)  # before the former ones are removed
        return merged

    @_in_room
    def publish(self, *, force: bool = False) -> PublishResult | None:
        """Publish what the lake holds, if that is not what the warehouse shows already; then the targets.

        Where other hosts publish, it does nothing unless it is forced.
        """
        follow_raw_files(self.lake, self.settings, self.clock)
        if not (self.settings.publish or force):
            return None
        published = self._publish_or_mend(force=force)
        if self.settings.publish:
            again = publish_to_targets(
                self.lake,
                self.settings,
                self.clock,
                lambda: self._publish_or_mend(force=False),
                force=force,
                on_begin=self.listener.publishing_to,
            )
            published = again or published
        return published

    def _publish_or_mend(self, *, force: bool) -> PublishResult | None:
        signs: tuple[type[Exception], ...] = (*damage_signs(), PublishError)
        with publish_noted(self.lake, self.clock()):
            try:
                return self._publish(force=force)
            except signs as error:
                if is_resource_error(error):
                    raise
                # Of a store, only the copies on this host may have been damaged: they were fetched again.
                is_mended = self._recover() or not self.lake.is_local
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
        """Set aside what is damaged of these projects, of the sites and of the warehouse; bring it back.

        What was read from Jira is read again, what was made from that is made again.
        """
        return repair_home(self, projects)

    @_in_room
    def forget(self, account_id: str) -> Erased:
        """Erase the name and address of an account from this home, for good.

        Raises `InputError` for an account that the home is connected with.
        """
        check_forgettable(self, account_id)
        self.state.forgotten.add(account_id)
        return erase_pending(self) or Erased([account_id])

    def _recovering(self, work: Callable[[Pipeline], Returned]) -> Returned:
        """Do what concerns all sites; when it meets damaged tables, derive them again and do it once more."""
        return sparing_memory(partial(self._mending, work))

    def _mending(self, work: Callable[[Pipeline], Returned], sparing: bool) -> Returned:
        try:
            return self._on_another_engine(work, sparing=True) if sparing else work(self)
        except damage_signs() as error:
            if is_resource_error(error):
                raise
            self._recover(sparing=sparing)
        # Some damage leaves the engine that met it unusable.
        return self._on_another_engine(work, sparing=sparing)

    def _recover(self, *, sparing: bool = False) -> bool:
        found = [site.recover(sparing=sparing) for site in self.sites]
        if any(found):
            self._on_another_engine(lambda home: match_people(home.lake, home.state, []), sparing=sparing)
        return any(found)

    def _on_another_engine(self, work: Callable[[Pipeline], Returned], *, sparing: bool = False) -> Returned:
        with closing(self.lake.reopened(sparing=sparing)) as lake:
            return work(replace(self, lake=lake))


@contextmanager
def open_pipeline(settings: Settings, listener: SyncListener | None = None) -> Iterator[Pipeline]:
    """Open the state and the lake of this home."""
    with closing(State.open(settings.state_url)) as state:
        sites = state.sites.all()
        with closing(open_lake(settings, state, sites)) as lake:
            yield Pipeline(settings, state, lake, listener or SyncListener(), known_sites=sites)
