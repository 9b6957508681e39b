"""Say how far what belongs to the issues of each project is read, and whether it was proved complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jira_assets.lake.manifest import EntityState, Manifest


def entity_status(manifests: Sequence[Manifest]) -> Iterator[dict[str, Any]]:
    """Yield a row for each project and each kind that is chosen for it."""
    for manifest in manifests:
        for name, state in sorted(manifest.entities.items()):
            problem = manifest.entity_problem
            yield {
                "project_id": manifest.project_id,
                "project_key": manifest.project_key,
                "entity": name,
                "read_at": state.read_at,
                "issues_behind": state.behind,
                **_proof(state),
                "problem": problem.reason if problem else None,
            }


def _proof(state: EntityState) -> dict[str, Any]:
    proof = state.proof
    return {
        "proved_at": proof.at if proof else None,
        "in_jira": proof.in_jira if proof else None,
        "in_lake": proof.in_lake if proof else None,
        "missing": max(0, proof.in_jira - proof.in_lake) if proof else None,
    }


def entity_digest(manifests: Sequence[Manifest]) -> list[object]:
    """Condense what is worth a new warehouse: not the hour of a proof, and not that of a read."""
    shown = ("project_id", "entity", "issues_behind", "in_jira", "in_lake", "problem")
    return [
        [*(row[name] for name in shown), row["proved_at"] and f"{row['proved_at']:%Y-%m-%d}"]
        for row in entity_status(manifests)
    ]
