"""Say how far what belongs to the issues of each project is read, and whether it was proved complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from jira_assets.lake.entity_state import EntityProblem, EntityProof
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.qualified import split

Row = dict[str, Any]


def entity_status(manifests: Sequence[Manifest], sites: Mapping[str, SiteManifest]) -> Iterator[Row]:
    """Yield a row for each project and each kind that is chosen for it; worklogs are read by site."""
    for manifest in manifests:
        for name, state in sorted(manifest.entities.items()):
            yield _row(manifest, name, (state.read_at, state.behind), state.proof, manifest.entity_problem)
        prefix, own_id = split(manifest.project_id)
        site = sites.get(prefix)
        if site is not None and own_id in site.worklogs.chosen:
            files = site.worklogs
            proof = files.proofs.get(own_id)
            row = _row(manifest, "worklogs", (files.asked_at, None), proof, files.problem)
            yield {**row, "unseen": files.unseen.get(own_id)}


def _row(
    manifest: Manifest,
    entity: str,
    read: tuple[datetime | None, int | None],
    proof: EntityProof | None,
    problem: EntityProblem | None,
) -> Row:
    read_at, behind = read
    return {
        "project_id": manifest.project_id,
        "project_key": manifest.project_key,
        "entity": entity,
        "read_at": read_at,
        "issues_behind": behind,
        "proved_at": proof.at if proof else None,
        "in_jira": proof.in_jira if proof else None,
        "in_lake": proof.in_lake if proof else None,
        "missing": max(0, proof.in_jira - proof.in_lake) if proof else None,
        "unseen": None,
        "problem": problem.reason if problem else None,
    }


def entity_digest(manifests: Sequence[Manifest], sites: Mapping[str, SiteManifest]) -> list[object]:
    """Condense what is worth a new warehouse: not the hour of a proof, and not that of a read."""
    shown = ("project_id", "entity", "issues_behind", "in_jira", "in_lake", "unseen", "problem")
    return [
        [*(row[name] for name in shown), row["proved_at"] and f"{row['proved_at']:%Y-%m-%d}"]
        for row in entity_status(manifests, sites)
    ]
