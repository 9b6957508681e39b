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
from typing import TYPE_CHECKING

from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.lake.damage import damage_in, note_damage
from jira_assets.lake.derive import GROUP, derive_fingerprint
from jira_assets.lake.erase import Rewritten, count_mentions, rewrite_raw, survey
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_tables import land_site_table, read_site_table
from jira_assets.people.names import fold_email, fold_name
from jira_assets.people.redaction import Redaction
from jira_assets.state import State
from jira_assets.sync.remains import clean_logs, remove_spilled
from jira_assets.warehouse.publish import keep_only_present

if TYPE_CHECKING:
    from jira_assets.sync.pipeline import Pipeline

PURPOSE = "forgetting people"
NOT_LOGS = ("lake", "warehouse", "run_locks")


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
    """Raise `InputError` for the account that this home is connected with."""
    credential = pipeline.state.credentials.current()
    if credential is not None and credential.account_id == account_id:
        raise InputError(
            f"This home is connected to Jira with the account {account_id}.",
            "Connect with another account first (`jira-assets connect`), then forget this one.",
        )


def survey_accounts(pipeline: Pipeline, account_ids: Sequence[str]) -> Erased:
    """Find what there is to erase, without changing anything."""
    redaction = Redaction(account_ids)
    found = Erased(account_ids, redaction.names)
    for row in read_site_table(pipeline.lake, pipeline.lake.site_manifest(), "users"):
        redaction.row(row)
    for project_id in pipeline.lake.project_ids():
        manifest = pipeline.lake.readable_manifest(project_id)
        if manifest is None or damage_in(pipeline.lake, manifest.raw, "content"):
            key = manifest.project_key if manifest else project_id
            found.unfinished[key] = (
                f"Some of its files are damaged. Run `jira-assets repair {key}`, then sync."
            )
            continue
        rows = survey(pipeline.lake, manifest, redaction.account_ids, redaction)
        if rows.rows:
            found.projects[manifest.project_key] = rows
    return found


def erase_pending(pipeline: Pipeline) -> Erased | None:
    """Erase the accounts of the list that are not erased yet; None when there are none."""
    pending = [each.account_id for each in pipeline.state.forgotten.all() if each.erased_at is None]
    if not pending:
        return None
    erased = survey_accounts(pipeline, pending)
    erased.logs = _clean_logs(pipeline, erased.names)
    redaction = Redaction(pending, erased.names)
    for project_id in pipeline.lake.project_ids():
        _rewrite(pipeline, project_id, redaction)
    _erase_from_site(pipeline, redaction)
    pipeline.rederive(pipeline.state.projects.tracked(include_inactive=True))
    for project_id in pipeline.lake.project_ids():
        _remove_former_files(pipeline, project_id, erased)
    _publish(pipeline, erased)
    erased.set_aside = pipeline.lake.remove_damaged()
    remove_spilled(pipeline.lake.root / "scratch")
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
    manifests = [pipeline.lake.readable_manifest(project_id) for project_id in pipeline.lake.project_ids()]
    if not any(manifest is None or manifest.damaged or manifest.set_aside for manifest in manifests):
        erase_pending(pipeline)


def _clean_logs(pipeline: Pipeline, names: Collection[str]) -> int:
    home = pipeline.settings.home
    folders = [path for path in home.iterdir() if path.is_dir() and path.name not in NOT_LOGS]
    return sum(clean_logs(folder, names) for folder in sorted(folders))


def _rewrite(pipeline: Pipeline, project_id: str, redaction: Redaction) -> None:
    lake = pipeline.lake
    with lake.lock(project_id, PURPOSE):
        manifest = lake.readable_manifest(project_id)
        if manifest is None:
            return
        note_damage(lake, manifest, "content")
        if not manifest.damaged:  # a file that is written anew would hide damage that it took over
            rewrite_raw(lake, manifest, redaction.account_ids, redaction)


def _erase_from_site(pipeline: Pipeline, redaction: Redaction) -> None:
    with pipeline.lake.lock("site", PURPOSE):
        site = pipeline.lake.site_manifest()
        if known := site.tables.get("users"):
            rows = read_site_table(pipeline.lake, site, "users")
            clean = list(map(redaction.row, rows))
            users = land_site_table(pipeline.lake, "users", clean, known.refreshed_at)
            site.set_table("users", users)
        site.match_people_again()
        pipeline.lake.commit_site(site)
        pipeline.lake.sweep_site(site, live=0)


def _remove_former_files(pipeline: Pipeline, project_id: str, erased: Erased) -> None:
    """Remove what the manifest does not name any more; tables that were not made anew are given up."""
    lake = pipeline.lake
    tracked = {project.project_id for project in pipeline.state.projects.tracked()}
    with lake.lock(project_id, PURPOSE):
        manifest = lake.readable_manifest(project_id)
        if manifest is None:
            return
        group = manifest.derived.get(GROUP)
        wanted = derive_fingerprint(manifest, pipeline.settings.extra_fields)
        is_current = group is not None and group.fingerprint == wanted
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
        _texts_left(pipeline, pipeline.lake, erased.names),
        _copies_left(pipeline),
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


def _texts_left(pipeline: Pipeline, lake: Lake, names: Collection[str]) -> str:
    if not names:
        return ""
    whole = [manifest for manifest in lake.manifests() if not manifest.damaged]
    count = sum(count_mentions(lake, manifest, names) for manifest in whole)
    if not count:
        return ""
    return f"{counted(count, 'version')} of issues still mention the name in texts that people typed."


def _copies_left(pipeline: Pipeline) -> str:
    copies = sorted(path.name for path in pipeline.settings.home.glob("state.db.*.backup"))
    left = [f"Copies of the state from before a migration are kept: {', '.join(copies)}."] if copies else []
    if os.environ.get("DAGSTER_PG_URL"):
        left.append("The logs that Dagster keeps in PostgreSQL were not searched.")
    return " ".join(left)
