"""Note which files of the lake are damaged, and act on that.

Damaged raw files stop their project alone; damaged tables are derived, or read, again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from jira_assets.errors import DamagedFile, JiraAssetsError
from jira_assets.formatting import counted
from jira_assets.lake.derive_entities import GROUP as ENTITIES
from jira_assets.lake.derived_state import GROUP
from jira_assets.lake.file_damage import Depth, damage_in
from jira_assets.lake.lake import REPAIR, Lake
from jira_assets.lake.manifest import Damage, Manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.resource_limits import is_resource_error


def damage_signs() -> tuple[type[Exception], ...]:
    """Return what a query raises that meets a damaged file, whatever the version of DuckDB and the damage."""
    import duckdb  # late: an idle sync waits for Jira meanwhile

    return duckdb.Error, UnicodeDecodeError


def damaged_groups(lake: Lake, manifest: Manifest, depth: Depth) -> dict[str, list[Damage]]:
    """Return the groups of derived tables with damaged files."""
    groups: Mapping[str, list[Damage]] = {
        name: damage_in(lake, group.files.values(), depth) for name, group in manifest.derived.items()
    }
    return {name: damage for name, damage in groups.items() if damage}


def readable_files(lake: Lake, manifest: Manifest) -> Iterator[str]:
    """Name the raw files of a project that are not known to be damaged."""
    damaged = {damage.path for damage in (*manifest.damaged, *damage_in(lake, manifest.raw, "size"))}
    return (file.path for file in manifest.raw if file.path not in damaged)


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
    if not groups and raw == manifest.damaged:
        return False
    manifest.note_damaged(raw)
    lake.commit(manifest)
    return True


def set_lists_aside(lake: Lake, manifest: Manifest, depth: Depth) -> list[Damage]:
    """Move damaged files of what belongs to the issues away; return them. The project is held.

    Every list is read again then, since it is not known what they held.
    """
    damaged = damage_in(lake, manifest.entity_raw, depth)
    if damaged:
        paths = [damage.path for damage in damaged]
        lake.set_aside(paths)
        manifest.read_entities_again(paths)
        lake.commit(manifest)
    return damaged


def set_worklogs_aside(lake: Lake, site: SiteManifest, depth: Depth) -> list[Damage]:
    """Move damaged files of worklogs away, and have all worklogs read again. The caller commits."""
    damaged = damage_in(lake, site.worklogs.raw, depth)
    if damaged:
        lake.set_aside(damage.path for damage in damaged)
        site.forget_worklogs()
    return damaged


def lacks_tables(manifest: Manifest) -> bool:
    """Check whether the raw files of a project are whole and its tables are not there."""
    is_read = manifest.watermark is not None and not manifest.damaged and not manifest.set_aside
    lacks_lists = bool(manifest.entities) and ENTITIES not in manifest.derived
    return is_read and (GROUP not in manifest.derived or lacks_lists)


def refuse_damaged(lake: Lake, manifest: Manifest) -> None:
    """Raise `DamagedFile` for a project with damaged raw files."""
    if not manifest.damaged:
        return
    first = manifest.damaged[0]
    others = len(manifest.damaged) - 1
    more = f" So are {counted(others, 'other file')} of {manifest.project_key}." if others else ""
    repair = f"jira-assets repair {manifest.project_key}"
    raise DamagedFile(
        f"{lake.name_of(first.path)} {first.reason}.{more}", REPAIR.replace("jira-assets repair", repair)
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


def note_site_damage(lake: Lake, site: SiteManifest) -> list[Damage]:
    """Set damaged tables about the site, whose lock is held, aside, so that they are read again."""
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
