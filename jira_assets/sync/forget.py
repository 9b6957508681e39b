"""Forget people: erase their names and addresses from everything that the home holds.

An account is put on a list first, and stays there: what is landed from then on comes without its name. Then
what was landed before is written anew, step by step. Each step leaves a home from which the next sync, or the
same command, continues: the account counts as erased when all of them are done.

The names are looked up in the raw files, so what only a search for the names finds is cleaned before those.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.lake.damage import note_damage, set_lists_aside
from jira_assets.lake.derive_entities import GROUP as ENTITIES
from jira_assets.lake.derive_entities import is_current as are_lists_current
from jira_assets.lake.derive_worklogs import derive_worklogs
from jira_assets.lake.derived_state import GROUP, derive_fingerprint
from jira_assets.lake.erase import (
    Rewritten,
    count_in_files,
    count_mentions,
    rewrite_files,
    rewrite_raw,
    survey,
    survey_files,
)
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import land_site_table, read_site_table
from jira_assets.people.names import fold_email, fold_name
from jira_assets.people.redaction import Redaction
from jira_assets.state import State
from jira_assets.sync.entity_kinds import WORKLOGS
from jira_assets.sync.remains import clean_logs, remove_spilled
from jira_assets.sync.worklog_files import LOCK, commit_worklogs, take_table
from jira_assets.warehouse.publish import keep_only_present
from jira_assets.warehouse.targets.target import what_stays

if TYPE_CHECKING:
    from jira_assets.sync.pipeline import Pipeline
    from jira_assets.sync.site_pipeline import SitePipeline

PURPOSE = "forgetting people"
NOT_LOGS = ("lake", "lake-cache", "warehouse", "run_locks")


@dataclass
class Erased:
    """What was erased, or would be: raw files and versions of issues in them by project, and what is left.

    `names` are the names and addresses that were found of the accounts. `remaining` are sentences about what
    cannot be erased here; `unfinished` has the reason why each project has to wait.
    """

    account_ids: Sequence[str]
    names: set[str] = field(default_factory=set)
    projects: dict[str, Rewritten] = field(default_factory=dict)
    logs: int = 0
    publishes: int = 0
    set_aside: int = 0
    remaining: list[str] = field(default_factory=list)
    unfinished: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> Rewritten:
        """Sum up the projects."""
        return sum(self.projects.values(), Rewritten())


def redaction_of(state: State) -> Redaction:
    """Read which accounts are forgotten."""
    return Redaction([each.account_id for each in state.forgotten.all()])


def check_forgettable(pipeline: Pipeline, account_id: str) -> None:
    """Raise `InputError` for an account that this home is connected with."""
    used = [site.state.credentials.current() for site in pipeline.sites]
    if account_id in {credential.account_id for credential in used if credential is not None}:
        raise InputError(
            f"This home is connected to Jira with the account {account_id}.",
            "Connect with another account first (`jira-assets connect`), then forget this one.",
        )


def survey_accounts(pipeline: Pipeline, account_ids: Sequence[str]) -> Erased:
    """Find what there is to erase, without changing anything."""
    redaction = Redaction(account_ids)
    found = Erased(account_ids, redaction.names)
    lakes = [site.lake for site in pipeline.sites]
    for lake in lakes:
        for row in read_site_table(lake, lake.site_manifest(), "users"):
            redaction.row(row)
    for lake in lakes:
        _survey_projects(lake, redaction, found)
        worklogs = lake.site_manifest().worklogs.raw
        if damage_in(lake, worklogs, "content"):
            continue  # read again from Jira by the next sync, without their names
        rows = survey_files(lake, worklogs, redaction.account_ids, redaction)
        if rows.rows:
            found.projects[WORKLOGS] = found.projects.get(WORKLOGS, Rewritten()) + rows
    return found


def _survey_projects(lake: Lake, redaction: Redaction, found: Erased) -> None:
    for project_id in lake.project_ids():
        manifest = lake.readable_manifest(project_id)
        if manifest is None or damage_in(lake, manifest.raw, "content"):
            key = manifest.project_key if manifest else project_id
            found.unfinished[key] = (
                f"Some of its files are damaged. Run `jira-assets repair {key}`, then sync."
            )
            continue
        rows = survey(lake, manifest, redaction.account_ids, redaction)
        if rows.rows:
            found.projects[manifest.project_key] = rows


def erase_pending(pipeline: Pipeline) -> Erased | None:
    """Erase the accounts of the list that are not erased yet; None when there are none."""
    pending = [each.account_id for each in pipeline.state.forgotten.all() if each.erased_at is None]
    if not pending:
        return None
    erased = survey_accounts(pipeline, pending)
    erased.logs = _clean_logs(pipeline, erased.names)
    redaction = Redaction(pending, erased.names)
    sites = pipeline.sites
    for site in sites:
        for project_id in site.lake.project_ids():
            _rewrite(site.lake, project_id, redaction)
        _erase_from_site(site.lake, redaction)
        _erase_from_worklogs(site.lake, redaction, site.clock())
    pipeline.rederive(pipeline.state.projects.tracked(include_inactive=True))
    for site in sites:
        for project_id in site.lake.project_ids():
            _remove_former_files(site, project_id, erased)
    _publish(pipeline, erased)
    for site in sites:
        erased.set_aside += site.lake.remove_damaged()
        remove_spilled(site.lake.root / "scratch")
    pipeline.state.overwrite_deleted()
    erased.remaining = _remaining(pipeline, erased)
    if not erased.unfinished:
        for account_id in pending:
            pipeline.state.forgotten.note_erased(account_id)
    return erased


def go_on_erasing(pipeline: Pipeline) -> None:
    """Erase what an interrupted command left, unless a project has to be repaired before."""
    if all(each.erased_at is not None for each in pipeline.state.forgotten.all()):
        return
    lakes = [site.lake for site in pipeline.sites]
    manifests = [lake.readable_manifest(project_id) for lake in lakes for project_id in lake.project_ids()]
    if not any(manifest is None or manifest.damaged or manifest.set_aside for manifest in manifests):
        erase_pending(pipeline)


def _clean_logs(pipeline: Pipeline, names: Collection[str]) -> int:
    home = pipeline.settings.home
    folders = [path for path in home.iterdir() if path.is_dir() and path.name not in NOT_LOGS]
    return sum(clean_logs(folder, names) for folder in sorted(folders))


def _rewrite(lake: Lake, project_id: str, redaction: Redaction) -> None:
    with lake.lock(project_id, PURPOSE):
        manifest = lake.readable_manifest(project_id)
        if manifest is None:
            return
        note_damage(lake, manifest, "content")
        set_lists_aside(lake, manifest, "content")
        if not manifest.damaged:  # a file that is written anew would hide damage that it took over
            rewrite_raw(lake, manifest, redaction.account_ids, redaction)


def _erase_from_site(lake: Lake, redaction: Redaction) -> None:
    with lake.lock("site", PURPOSE):
        site = lake.site_manifest()
        if known := site.tables.get("users"):
            rows = read_site_table(lake, site, "users")
            clean = list(map(redaction.row, rows))
            users = land_site_table(lake, "users", clean, known.refreshed_at)
            site.set_table("users", users)
        site.match_people_again()
        lake.commit_site(site)
        lake.sweep_site(site, live=0)


def _erase_from_worklogs(lake: Lake, redaction: Redaction, now: datetime) -> None:
    with lake.lock(LOCK, PURPOSE):
        site = lake.site_manifest()
        files = site.worklogs
        if damage_in(lake, files.raw, "content"):
            site.forget_worklogs()
        else:
            fresh, _ = rewrite_files(lake, files.raw, redaction.account_ids, redaction)
            files.replace_raw(fresh)
        derived = lake.cursor()
        derive_worklogs(derived, site, now)
        site = commit_worklogs(lake, partial(take_table, derived=site), site.worklogs)
        lake.sweep_site(site, live=0)


def _remove_former_files(site: SitePipeline, project_id: str, erased: Erased) -> None:
    """Remove what the manifest does not name any more; tables that were not made anew are given up."""
    lake = site.lake
    tracked = {project.project_id for project in site.state.projects.tracked()}
    with lake.lock(project_id, PURPOSE):
        manifest = lake.readable_manifest(project_id)
        if manifest is None:
            return
        group = manifest.derived.get(GROUP)
        wanted = derive_fingerprint(manifest, site.settings.extra_fields)
        is_current = group is not None and group.fingerprint == wanted
        if not are_lists_current(manifest):
            manifest.drop_derived([ENTITIES])
            lake.commit(manifest)
        if project_id in tracked and not is_current and (manifest.set_aside or manifest.damaged):
            reason = (
                f"Its damaged files are not read again yet. Run `jira-assets sync {manifest.project_key}`."
            )
            erased.unfinished.setdefault(manifest.project_key, reason)
            return
        stale = [name for name in manifest.derived if not is_current or project_id not in tracked]
        if stale:
            manifest.drop_derived(stale)
            lake.commit(manifest)
        lake.sweep(manifest, live=0)


def _publish(pipeline: Pipeline, erased: Erased) -> None:
    warehouse = pipeline.settings.warehouse_dir
    if not warehouse.exists():
        return
    if pipeline.settings.warehouse_file.is_symlink():
        pipeline.publish(force=True)
    erased.publishes = keep_only_present(warehouse)


def _remaining(pipeline: Pipeline, erased: Erased) -> list[str]:
    """Say what is left that only people can remove."""
    found = [
        _team_left(pipeline, erased),
        _texts_left([site.lake for site in pipeline.sites], erased.names),
        _copies_left(pipeline),
        *_targets_left(pipeline),
        "Not changed: Jira itself, and copies, exports and backups outside of this home.",
    ]
    return [sentence for sentence in found if sentence]


def _team_left(pipeline: Pipeline, erased: Erased) -> str:
    names = {fold_name(name) for name in erased.names} | {fold_email(name) for name in erased.names}
    members = [
        member.member_id
        for member in pipeline.state.team.members()
        if fold_name(member.display_name) in names
        or (member.email and fold_email(member.email) in names)
        or member.jira_account_id in erased.account_ids
    ]
    if not members:
        return ""
    return (
        f"The team list is your own: {', '.join(members)} is still in it, and in team_members. Remove the "
        "entry at its source, then import the team again."
    )


def _texts_left(lakes: Sequence[Lake], names: Collection[str]) -> str:
    if not names:
        return ""
    whole = [(lake, manifest) for lake in lakes for manifest in lake.manifests() if not manifest.damaged]
    count = sum(count_mentions(lake, manifest, names) for lake, manifest in whole)
    count += sum(count_in_files(lake, lake.site_manifest().worklogs.raw, names) for lake in lakes)
    if not count:
        return ""
    return f"{counted(count, 'version')} of issues still mention the name in texts that people typed."


def _targets_left(pipeline: Pipeline) -> list[str]:
    left = []
    for target in pipeline.targets():
        if target.is_current and not target.trouble:
            left.append(what_stays(target.target, pipeline.settings))
        else:
            left.append(
                f"{target.place} could not be updated, so it may show the name. {target.remedy or ''}"
            )
    return left


def _copies_left(pipeline: Pipeline) -> str:
    copies = sorted(path.name for path in pipeline.settings.home.glob("state.db.*.backup"))
    left = [f"Copies of the state from before a migration are kept: {', '.join(copies)}."] if copies else []
    if os.environ.get("DAGSTER_PG_URL"):
        left.append("The logs that Dagster keeps in PostgreSQL were not searched.")
    return " ".join(left)
