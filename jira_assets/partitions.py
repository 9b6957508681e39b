"""One partition for each tracked project, named by its key."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

NAME = "jira_projects"

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
    """Say the same as what a sensor asks for, so that its tick shows it."""
    new, gone = _compare(instance, keys)
    requests: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
    if new:
        requests.append(jira_projects_partitions.build_add_request(new))
    if gone:
        requests.append(jira_projects_partitions.build_delete_request(gone))
    return requests


def _compare(instance: dg.DagsterInstance, keys: Iterable[str]) -> tuple[list[str], list[str]]:
    wanted, present = set(keys), set(instance.get_dynamic_partitions(NAME))
    return sorted(wanted - present), sorted(present - wanted)
