"""Check the files of the lake against their manifests: whether they are there, their sizes and footers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.cli.wiring import open_state
from jira_assets.errors import DamagedFile
from jira_assets.formatting import counted
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.home_lake import open_lake
from jira_assets.lake.lake import IDENTITY, SITE_MANIFEST, Lake
from jira_assets.settings.load import Settings
from jira_assets.state.models import TrackedProject

REPAIR = "jira-assets repair"
MOST_SHOWN = 10


def check_lake(settings: Settings) -> Iterator[Finding]:
    """Look at everything that the manifests name; the content of the files is for `repair` to read."""
    with open_state(settings) as state:
        sites = state.sites.all()
        tracked = {site.prefix: state.of(site).projects.tracked(include_inactive=True) for site in sites}
        yield from _check(open_lake(settings, state, sites), tracked)


def _check(home: Lake, tracked: Mapping[str, Sequence[TrackedProject]]) -> Iterator[Finding]:
    if not any(tracked.values()):
        yield from _untracked(home)
        return
    looked_at, failed = 0, []
    for prefix, projects in tracked.items():
        number, findings = _look(home.of(prefix), projects)
        looked_at += number
        failed += findings
    yield from failed[:MOST_SHOWN]
    if len(failed) > MOST_SHOWN:
        yield bad("lake", f"{counted(len(failed) - MOST_SHOWN, 'other file')} damaged, too.", REPAIR)
    if not failed and looked_at:
        yield good("lake", f"{counted(looked_at, 'file')} as large as written, with readable footers")


def _look(lake: Lake, projects: Sequence[TrackedProject]) -> tuple[int, list[Finding]]:
    """Return how many files of a site were looked at, and what is wrong with them."""
    failed, looked_at = list(_documents(lake)), 0
    for project in projects:
        number, findings = _project(lake, project)
        looked_at += number
        failed += findings
    tables = list(lake.site_manifest().tables.values())
    failed += [
        bad("lake", f"{lake.name_of(each.path)} {each.reason}.", REPAIR)
        for each in damage_in(lake, tables, "footer")
    ]
    return looked_at + len(tables) if looked_at else 0, failed


def _documents(lake: Lake) -> Iterator[Finding]:
    for document in (IDENTITY, SITE_MANIFEST):
        if why := lake.document_damage(document):
            yield bad("lake", f"{lake.name_of(document)} {why}.", REPAIR)


def _project(lake: Lake, project: TrackedProject) -> tuple[int, list[Finding]]:
    """Return how many files were looked at, and what is wrong with them."""
    repair = f"{REPAIR} {project.project_key}"
    try:
        manifest = lake.manifest(project.project_id)
    except DamagedFile as error:
        return 1, [bad("lake", error.reason, repair)]
    if manifest is None:
        return 0, []
    files = list(manifest.files())
    found = {each.path: each for each in damage_in(lake, files, "footer")}
    found |= {each.path: each for each in manifest.damaged}
    told = [bad("lake", f"{lake.name_of(each.path)} {each.reason}.", repair) for each in found.values()]
    if manifest.set_aside:
        held = sum(file.rows for file in manifest.set_aside)
        told.append(
            bad(
                "lake",
                f"{held:,} versions of {project.project_key} are to be read again.",
                "jira-assets sync",
            )
        )
    return len(files), told


def _untracked(lake: Lake) -> Iterator[Finding]:
    """Notice a lake whose state was lost."""
    keys = [manifest.project_key for manifest in lake.manifests()]
    if keys:
        yield doubtful(
            "lake",
            f"{lake.place} holds {', '.join(keys[:MOST_SHOWN])}, and no project is tracked.",
            f"If the state database was lost, put back a copy; else: jira-assets projects track {keys[0]}",
        )
