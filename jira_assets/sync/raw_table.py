"""Keep the raw files of each site readable by other engines, as a Delta table in the lake.

A table that cannot be brought up to date stops nothing: it becomes a notice, and is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from jira_assets.errors import JiraAssetsError
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import RawFile, fingerprint
from jira_assets.lake.site_manifest import Notice
from jira_assets.lake.storage.storage import RAW
from jira_assets.settings.load import Settings
from jira_assets.sync.targets import targets_lock

if TYPE_CHECKING:  # loaded late: few homes have such a table
    from jira_assets.warehouse.targets.delta.raw_files import DataFile

PART = "raw table"


def is_raw_table_current(lake: Lake, settings: Settings) -> bool:
    """Check whether the tables name the raw files that there are, where they are wanted."""
    return not settings.lake_delta or all(map(_is_current, _sites(lake)))


def follow_raw_files(lake: Lake, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Have the tables name the raw files that there are, where they are wanted; failures become notices."""
    if not settings.lake_delta:
        return
    for site in _sites(lake):
        if not _is_current(site):
            with targets_lock(lake):  # what is named has to be newer than what another host named before
                _follow(site, clock)


def _follow(site: Lake, clock: Callable[[], datetime]) -> None:
    from jira_assets.warehouse.targets.delta.raw_files import show_files

    files = _raw_files(site)
    named, notice = _digest(files), None
    try:
        show_files(f"{site.place}/{RAW}", _data_files(site, files))
    except Exception as error:
        named, notice = "", _describe(error, clock())
    with suppress(OSError, JiraAssetsError):  # a full disk keeps no notice either
        _note(site, named, notice)


def _sites(lake: Lake) -> Iterator[Lake]:
    yield lake.of("")
    for prefix in lake.folders:
        yield lake.of(prefix)


def _is_current(site: Lake) -> bool:
    return site.site_manifest().raw_table_names == _digest(_raw_files(site))


def _raw_files(site: Lake) -> list[RawFile]:
    return [file for manifest in site.manifests() for file in manifest.raw]


def _digest(files: Sequence[RawFile]) -> str:
    return fingerprint(sorted(file.path for file in files))


def _data_files(site: Lake, files: Sequence[RawFile]) -> Iterator[DataFile]:
    from jira_assets.warehouse.targets.delta.raw_files import DataFile

    unknown = site.stored_sizes([file.path for file in files if not file.size])
    for file in files:
        size = file.size or unknown.get(file.path, 0)
        yield DataFile(file.path.removeprefix(f"{RAW}/"), file.rows, size)


def _note(site: Lake, named: str, notice: Notice | None) -> None:
    with site.lock("site", "publishing"):
        manifest = site.site_manifest()
        manifest.note_raw_table(named)
        manifest.renew_notices([(PART, None)], [notice] if notice else [])
        site.commit_site(manifest)


def _describe(error: Exception, now: datetime) -> Notice:
    if isinstance(error, JiraAssetsError):
        return Notice(PART, error.reason, error.instruction, now)
    reason = f"An unexpected {type(error).__name__} ended the commit to the Delta table of the raw files."
    return Notice(PART, reason, "`jira-assets publish` tries again.", now)
