"""Bring the targets of the publish up to date, and know how far each is behind.

A target that fails stops nothing: it becomes a notice, and is tried again at the next publish. What targets
show is kept in the manifest of the site, so that it can be reported without asking them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from jira_assets.errors import JiraAssetsError, TargetError
from jira_assets.formatting import ago
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice, TargetRecord
from jira_assets.lake.stamps import STAMP, moment_of
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.settings.load import Settings
from jira_assets.warehouse.read import present_file
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
    site = lake.site_manifest()
    notices = {notice.part: notice for notice in site.notices}
    return [_status(name, site.targets.get(name), settings, notices.get(f"{PART}{name}")) for name in names]


def _status(
    name: str, record: TargetRecord | None, settings: Settings, notice: Notice | None
) -> TargetStatus:
    behind, place, stamp = None, place_of(name, settings), published_stamp(settings)
    if record is not None and record.place != place:
        record = None  # what another database shows
    if record is not None and stamp is not None:
        seconds = (moment_of(stamp) - moment_of(record.stamp)).total_seconds()
        behind = 0.0 if stamp == record.stamp else max(seconds, 1.0)
    return TargetStatus(
        target=name,
        place=place,
        shows=record.published_at if record else None,
        since=record.since if record else None,
        behind_seconds=behind,
        changed_values=record.changed_values if record else 0,
        trouble=notice.reason if notice else None,
        remedy=notice.instruction if notice else None,
    )


def published_stamp(settings: Settings) -> str | None:
    """Name the newest publish; None when there is none, or only one of an earlier version."""
    file = present_file(settings.warehouse_dir)
    if file is None or not file.exists() or not STAMP.fullmatch(file.parent.name):
        return None
    return file.parent.name


def targets_behind(lake: Lake, settings: Settings) -> list[str]:
    """Name the targets that lack the newest publish, or failed; also those that are targets no more."""
    stamp, names = published_stamp(settings), target_names(settings)
    if stamp is None:
        return []
    site = lake.site_manifest()
    noted = {notice.part.removeprefix(PART) for notice in site.notices if notice.part.startswith(PART)}
    known = {name: (record.place, record.stamp) for name, record in site.targets.items()}
    behind = [name for name in names if known.get(name) != (place_of(name, settings), stamp) or name in noted]
    return [*behind, *sorted((known.keys() | noted) - set(names))]


def overdue_targets(lake: Lake, settings: Settings, now: datetime) -> list[str]:
    """Name the targets that are behind although who published had the time to bring them up to date."""
    stamp = published_stamp(settings)
    if stamp is None or now - moment_of(stamp) < PATIENCE:
        return []
    return targets_behind(lake, settings)


def publish_to_targets(
    lake: Lake,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    force: bool = False,
    on_begin: Callable[[str], None] = lambda _: None,
) -> None:
    """Bring every target to the newest publish, all anew with `force`; failures become notices.

    `on_begin` is called with the name of each target before it is brought up to date.
    """
    names, behind = target_names(settings), targets_behind(lake, settings)
    if published_stamp(settings) is None:
        return
    for name in dict.fromkeys([*names, *behind]) if force else behind:
        record, notice = None, None
        if name in names:
            on_begin(name)
            try:
                record = _published(open_target(name, settings), settings, clock, force=force)
            except Exception as error:
                record = lake.site_manifest().targets.get(name)
                notice = _describe(name, error, clock())
        with suppress(OSError, JiraAssetsError):  # a full disk keeps no notice either
            _note(lake, name, record, notice)


def _published(
    target: Target, settings: Settings, clock: Callable[[], datetime], *, force: bool
) -> TargetRecord:
    shown = target.publish(settings.warehouse_file, force=force, memory_limit=settings.memory_limit)
    return TargetRecord(target.place, shown.stamp, shown.published_at, clock(), shown.changed_values)


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
