"""Call partitions well again that failed while their site could not be asked.

Once it answers and has nothing that the lake lacks, no run is due that would do so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from jira_assets.defs.asset_specs import JIRA_ISSUES, PROJECT_SPECS
from jira_assets.defs.assets.project_tables import partition_event
from jira_assets.defs.failed_partitions import failed_partitions
from jira_assets.qualified import split
from jira_assets.state import TrackedProject
from jira_assets.sync.home_monitor import HomeEvaluation
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.project import describe


def recovered_partitions(
    instance: dg.DagsterInstance, pipeline: Pipeline, evaluation: HomeEvaluation
) -> Iterator[dg.AssetMaterialization]:
    """Describe the tables of the failed partitions that are known to be complete now."""
    complete = {project.project_key: project for project in _complete(evaluation)}
    if not failed_partitions(instance, JIRA_ISSUES.key) & complete.keys():
        return
    for spec in PROJECT_SPECS:
        for key in sorted(failed_partitions(instance, spec.key) & complete.keys()):
            manifest = pipeline.lake.readable_manifest(complete[key].project_id)
            if manifest is not None:
                yield partition_event(spec.key, replace(describe(manifest), project_key=key))


def _complete(evaluation: HomeEvaluation) -> Iterator[TrackedProject]:
    """Return the projects whose site answered, with nothing that is to be read or to be judged."""
    open_ids = {entry.project.project_id for entry in evaluation.due} | evaluation.set_aside.keys()
    for project in evaluation.portfolio.projects:
        is_answered = split(project.project_id)[0] in evaluation.accepted
        is_complete = evaluation.portfolio.record_of(project).status == "complete"
        if is_answered and is_complete and project.project_id not in open_ids:
            yield project
