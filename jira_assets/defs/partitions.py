"""One partition for each tracked project, named by its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from jira_assets.defs.runs import UNFINISHED

NAME = "jira_projects"
PARTITION_TAG = "dagster/partition"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
BACKFILLS_LOOKED_AT = 25
"""The newest; one that has not ended and is older than these is not waited for."""

jira_projects_partitions = dg.DynamicPartitionsDefinition(name=NAME)


def follow_tracked(instance: dg.DagsterInstance, keys: Iterable[str]) -> None:
    """Make the partitions those of the tracked projects: add the new, remove the no longer tracked."""
    new, gone = _compare(instance, keys)
    if new:
        instance.add_dynamic_partitions(NAME, new)
    for key in gone:
        instance.delete_dynamic_partition(NAME, key)


def follow_requests(
    instance: dg.DagsterInstance, keys: Iterable[str]
) -> list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """Return the same as requests of a sensor, so that its tick shows them."""
    new, gone = _compare(instance, keys)
    requests: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if new:
        requests.append(jira_projects_partitions.build_add_request(new))
    if gone:
        requests.append(jira_projects_partitions.build_delete_request(gone))
    return requests


def partitions_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    """List the partitions that a run was launched for, also those that were deleted since.

    Dagster itself resolves a range by the partitions of now, and fails when an end of it is gone.
    """
    if PARTITION_TAG in run.tags:
        return [run.tags[PARTITION_TAG]]
    ends = [run.tags[tag] for tag in RANGE_TAGS if tag in run.tags]
    return sorted({*ends, *_planned(instance, run)}) if ends else []


def _planned(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Iterator[str]:
    """Read what Dagster wrote down when it created the run: an event for each partition, or for all."""
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED):
        planned = entry.get_dagster_event().asset_materialization_planned_data
        if planned.partition is not None:
            yield planned.partition
        if planned.partitions_subset is not None:
            yield from planned.partitions_subset.get_partition_keys()


def _compare(instance: dg.DagsterInstance, keys: Iterable[str]) -> tuple[list[str], list[str]]:
    wanted, present = set(keys), set(instance.get_dynamic_partitions(NAME))
    gone = present - wanted
    return sorted(wanted - present), sorted(gone - _in_use(instance) if gone else gone)


def _in_use(instance: dg.DagsterInstance) -> set[str]:
    """Name the partitions of runs that are queued or at work; while a backfill is, all of them.

    A partition that is deleted before its run has begun fails the run, and the backfill it is part of.
    """
    backfills = instance.get_backfills(limit=BACKFILLS_LOOKED_AT)
    if any(backfill.status.value in ("REQUESTED", "CANCELING", "FAILING") for backfill in backfills):
        return set(instance.get_dynamic_partitions(NAME))
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED))
    return {key for run in runs for key in [*partitions_of(instance, run), *_configured(run)]}


def _configured(run: dg.DagsterRun) -> list[str]:
    """Name the projects in the config of a run of ours."""
    found: Any = run.run_config
    for name in ("ops", "project_tables", "config", "projects"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return [str(key) for key in found] if isinstance(found, Sequence) else []
