"""Notice damaged files of a project: its raw files stop it alone, its derived ones are derived again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jira_assets.errors import DamagedFile, JiraAssetsError
from jira_assets.formatting import counted
from jira_assets.lake.damage import Depth, damage_in, damaged_groups
from jira_assets.lake.derive import GROUP
from jira_assets.lake.lake import REPAIR, Lake
from jira_assets.lake.manifest import Damage, Manifest
from jira_assets.resource_limits import is_resource_error

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    pass


def damage_signs() -> tuple[type[Exception], ...]:
    """Return what a query raises that meets a damaged file, whatever the version of DuckDB and the damage."""
    import duckdb  # late: an idle sync waits for Jira meanwhile

    return duckdb.Error, UnicodeDecodeError


def note_damage(lake: Lake, manifest: Manifest, depth: Depth) -> bool:
    """Look at the files of a project that is held; return whether that is another picture than before.

    Damaged raw files are noted in the manifest until they are found whole; groups of derived tables with
    damaged files lose their place in it, so that they are derived again.
    """
    groups = damaged_groups(lake, manifest, depth)
    return put_damage(lake, manifest, groups, _damaged_raw(lake, manifest, depth))


def put_damage(lake: Lake, manifest: Manifest, groups: Collection[str], raw: list[Damage]) -> bool:
    """Commit what was found damaged, if that is another picture than before; return whether it is."""
    manifest.drop_derived(groups)
    if "people" in groups:
        _match_again(lake)
    if not groups and raw == manifest.damaged:
        return False
    manifest.note_damaged(raw)
    lake.commit(manifest)
    return True


def lacks_tables(manifest: Manifest) -> bool:
    """Check whether the raw files of a project are whole and its tables are not there."""
    is_read = manifest.watermark is not None and not manifest.damaged and not manifest.set_aside
    return is_read and GROUP not in manifest.derived


def refuse_damaged(lake: Lake, manifest: Manifest) -> None:
    """Raise `DamagedFile` for a project with damaged raw files."""
    if not manifest.damaged:
        return
    first = manifest.damaged[0]
    others = len(manifest.damaged) - 1
    more = f" So are {counted(others, 'other file')} of {manifest.project_key}." if others else ""
    repair = f"jira-assets repair {manifest.project_key}"
    raise DamagedFile(
        f"{lake.path(first.path)} {first.reason}.{more}", REPAIR.replace("jira-assets repair", repair)
    )


@contextmanager
def damage_errors(lake: Lake, project_id: str) -> Iterator[None]:
    """Raise `DamagedFile` where the block, which holds the project, fails because of a damaged file.

    Its fact `again` tells that only derived tables were damaged: the same work can be done again now.
    """
    try:
        yield
    except damage_signs() as error:
        manifest = lake.readable_manifest(project_id)
        if manifest is None or is_resource_error(error):
            raise
        is_news = note_damage(lake, manifest, "content")
        refuse_damaged(lake, manifest)
        if not is_news:
            raise
        raise DamagedFile(
            f"A file of the tables of {manifest.project_key} was damaged.", "Sync again.", again=True
        ) from error


def worth_doing_again(error: JiraAssetsError | None) -> bool:
    """Return whether a project failed because of tables that can be derived again at once."""
    return isinstance(error, DamagedFile) and bool(error.facts.get("again"))


def note_site_damage(lake: Lake) -> list[Damage]:
    """Set damaged tables about the site aside, so that they are read again; its lock is held."""
    site = lake.site_manifest()
    damaged = {
        name: damage for name, table in site.tables.items() if (damage := damage_in(lake, [table], "content"))
    }
    if not damaged:
        return []
    site.drop_tables(damaged)
    lake.commit_site(site)
    found = [each for damage in damaged.values() for each in damage]
    lake.set_aside(each.path for each in found)
    return found


def _damaged_raw(lake: Lake, manifest: Manifest, depth: Depth) -> list[Damage]:
    """Look at every raw file, and closely at those that were found damaged before."""
    suspected = {damage.path for damage in manifest.damaged}
    closely = [file for file in manifest.raw if file.path in suspected]
    others = [file for file in manifest.raw if file.path not in suspected]
    return [*damage_in(lake, closely, "content"), *damage_in(lake, others, depth)]


def _match_again(lake: Lake) -> None:
    with lake.lock("site", "matching people"):
        site = lake.site_manifest()
        site.match_people_again()
        lake.commit_site(site)
