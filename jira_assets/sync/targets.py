"""Bring the targets of the publish up to date, and know how far each is behind.

A target that fails stops nothing: it becomes a notice, and is tried again at the next publish. What targets
show is kept in the manifest of the site, so that it can be reported without asking them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from jira_assets.errors import JiraAssetsError, TargetError
from jira_assets.formatting import ago
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice, TargetRecord
from jira_assets.lake.stamps import STAMP, moment_of
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.settings.load import Settings
from jira_assets.warehouse.publish import PublishResult
from jira_assets.warehouse.read import present_file, published_info
from jira_assets.warehouse.targets.target import Target, open_target, place_of, target_names

PATIENCE = timedelta(minutes=2)
"""How long after a publish its targets may still be about to follow."""

PART = "target "
"""Notices about a target begin with it."""


@dataclass(frozen=True)
class TargetStatus:
    """How a target stands.

    `shows` is the time of the publish that it shows, `since` when that came there, and `behind_seconds` how
    much older it is than the newest publish; all are None for a target that was never filled.
    """

    target: str
    place: str
    shows: datetime | None
    since: datetime | None
    behind_seconds: float | None
    changed_values: int
    trouble: str | None
    remedy: str | None

    @property
    def part(self) -> str:
        """What notices about it are about."""
        return f"{PART}{self.target}"

    @property
    def is_current(self) -> bool:
        """Whether it shows the newest publish."""
        return self.behind_seconds == 0

    def in_words(self, now: datetime) -> str:
        """Say in a line what it shows."""
        if self.shows is None:
            return "nothing published yet"
        published = f"the publish of {self.shows:%Y-%m-%d %H:%M:%S} UTC ({ago(self.shows, now)})"
        if self.is_current:
            return f"up to date: {published}"
        behind = timedelta(seconds=int(self.behind_seconds or 0))
        return f"{behind} behind the newest publish: {published}"


def target_statuses(lake: Lake, settings: Settings) -> list[TargetStatus]:
    """Return how the targets stand that the settings name, by what was noted of them."""
    names = target_names(settings)
    if not names:
        return []
    site, newest = lake.site_manifest(), _Publish.newest(lake, settings)
    notices = {notice.part: notice for notice in site.notices}
    return [
        _status(name, site.targets.get(name), newest, settings, notices.get(f"{PART}{name}"))
        for name in names
    ]


def _status(
    name: str, record: TargetRecord | None, newest: _Publish | None, settings: Settings, notice: Notice | None
) -> TargetStatus:
    place = place_of(name, settings)
    if record is not None and record.place != place:
        record = None  # what another database shows
    return TargetStatus(
        target=name,
        place=place,
        shows=record.published_at if record else None,
        since=record.since if record else None,
        behind_seconds=newest.seconds_after(record) if newest and record else None,
        changed_values=record.changed_values if record else 0,
        trouble=notice.reason if notice else None,
        remedy=notice.instruction if notice else None,
    )


@dataclass(frozen=True)
class _Publish:
    """A publish of this home. It has a fingerprint where other hosts may publish the same."""

    stamp: str
    fingerprint: str

    @classmethod
    def newest(cls, lake: Lake, settings: Settings) -> _Publish | None:
        """Find the newest one; None as in `published_stamp`."""
        stamp = published_stamp(settings)
        return None if stamp is None else cls(stamp, _fingerprint_of(stamp, lake, settings))

    def is_shown(self, record: TargetRecord) -> bool:
        """Check whether a target shows it, or what another host made of the same."""
        return record.stamp == self.stamp or "" != self.fingerprint == record.fingerprint

    def seconds_after(self, record: TargetRecord) -> float:
        """Return how much newer it is than what a target shows: 0 for the same, and for what is newer."""
        seconds = (moment_of(self.stamp) - moment_of(record.stamp)).total_seconds()
        if self.is_shown(record) or (self.fingerprint and seconds < 0):
            return 0.0
        return max(seconds, 1.0)


def _fingerprint_of(stamp: str, lake: Lake, settings: Settings) -> str:
    """Read the fingerprint of a publish of this home, where it is needed and can be read."""
    if lake.is_local:
        return ""
    found = published_info(settings.warehouse_dir).get("fingerprint", "")
    return found if published_stamp(settings) == stamp else ""  # it may be that of a newer one


def published_stamp(settings: Settings) -> str | None:
    """Name the newest publish; None when there is none, or only one of an earlier version."""
    file = present_file(settings.warehouse_dir)
    if file is None or not file.exists() or not STAMP.fullmatch(file.parent.name):
        return None
    return file.parent.name


def targets_behind(lake: Lake, settings: Settings) -> list[str]:
    """Name the targets that lack the newest publish, or failed; also those that are targets no more."""
    newest = _Publish.newest(lake, settings)
    return _lacking(lake, settings, newest.is_shown) if newest else []


def _lacking(lake: Lake, settings: Settings, is_shown: Callable[[TargetRecord], bool]) -> list[str]:
    site, names = lake.site_manifest(), target_names(settings)
    noted = {notice.part.removeprefix(PART) for notice in site.notices if notice.part.startswith(PART)}
    lacking = []
    for name in names:
        record = site.targets.get(name)
        is_current = record and record.place == place_of(name, settings) and is_shown(record)
        if name in noted or not is_current:
            lacking.append(name)
    return [*lacking, *sorted((site.targets.keys() | noted) - set(names))]


def overdue_targets(lake: Lake, settings: Settings, now: datetime) -> list[str]:
    """Name the targets that are behind although who published had the time to bring them up to date.

    Where hosts share the lake, the file of this host may be older than what another one published: then
    the targets are not behind.
    """
    newest = _Publish.newest(lake, settings)
    if newest is None or now - moment_of(newest.stamp) < PATIENCE:
        return []
    return _lacking(lake, settings, lambda record: newest.seconds_after(record) == 0)


def publish_to_targets(
    lake: Lake,
    settings: Settings,
    clock: Callable[[], datetime],
    publish_file: Callable[[], PublishResult | None],
    *,
    force: bool = False,
    on_begin: Callable[[str], None] = lambda _: None,
) -> PublishResult | None:
    """Bring every target to the newest publish, all anew with `force`; failures become notices.

    Of all that share the lake, one does it at a time, and calls `publish_file` first: another host may have
    published what is newer than the file of this one. Returns what that published. `on_begin` is called with
    the name of each target before it is brought up to date.
    """
    if not (force or targets_behind(lake, settings)):
        return None
    with targets_lock(lake):
        published = None if lake.is_local else publish_file()
        _publish_to_each(lake, settings, clock, force=force, on_begin=on_begin)
    return published


def _publish_to_each(
    lake: Lake,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    force: bool,
    on_begin: Callable[[str], None],
) -> None:
    names, behind = target_names(settings), targets_behind(lake, settings)
    if published_stamp(settings) is None:
        return
    for name in dict.fromkeys([*names, *behind]) if force else behind:
        record, notice = None, None
        if name in names:
            on_begin(name)
            try:
                record = _published(lake, open_target(name, settings), settings, clock, force=force)
            except Exception as error:
                record = lake.site_manifest().targets.get(name)
                notice = _describe(name, error, clock())
        with suppress(OSError, JiraAssetsError):  # a full disk keeps no notice either
            _note(lake, name, record, notice)


def targets_lock(lake: Lake) -> AbstractContextManager[None]:
    """Hold the targets: one process of all that share the lake publishes to them at a time."""
    return lake.lock("targets", "publishing to the targets")


def _published(
    lake: Lake, target: Target, settings: Settings, clock: Callable[[], datetime], *, force: bool
) -> TargetRecord:
    shown = target.publish(settings.warehouse_file, force=force, memory_limit=settings.memory_limit)
    fingerprint = _fingerprint_of(shown.stamp, lake, settings)
    return TargetRecord(
        target.place, shown.stamp, shown.published_at, clock(), shown.changed_values, fingerprint
    )


def _note(lake: Lake, name: str, record: TargetRecord | None, notice: Notice | None) -> None:
    with lake.lock("site", "publishing"):
        site = lake.site_manifest()
        site.note_target(name, record)
        site.renew_notices([(f"{PART}{name}", None)], [notice] if notice else [])
        lake.commit_site(site)


def _describe(name: str, error: Exception, now: datetime) -> Notice:
    if not isinstance(error, TargetError):  # that of a server, perhaps, whose disk is full
        error = as_resource_exhausted(error) or error
    stays = "It shows what it showed before."
    if isinstance(error, JiraAssetsError):
        instruction = error.instruction or "`jira-assets publish` tries again."
        return Notice(f"{PART}{name}", f"{error.reason} {stays}", instruction, now)
    reason = f"An unexpected {type(error).__name__} ended the publish. {stays}"
    return Notice(f"{PART}{name}", reason, "`jira-assets publish` tries again.", now)
