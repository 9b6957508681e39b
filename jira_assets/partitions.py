"""One partition for each tracked project, named by its key."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

jira_projects_partitions = dg.DynamicPartitionsDefinition(name="jira_projects")


def follow_tracked(instance: dg.DagsterInstance, keys: Iterable[str]) -> None:
    """Make the partitions those of the tracked projects: add the new, remove the no longer tracked."""
    wanted, present = set(keys), set(instance.get_dynamic_partitions("jira_projects"))
    if wanted - present:
        instance.add_dynamic_partitions("jira_projects", sorted(wanted - present))
    for key in sorted(present - wanted):
        instance.delete_dynamic_partition("jira_projects", key)
