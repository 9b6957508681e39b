"""Judge which problems deserve an alert: a pure function of what state and lake say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jira_assets.auth.status import Connected
from jira_assets.errors import AuthenticationError, EndpointRemoved, JiraAssetsError, SettingsError, WrongSite
from jira_assets.qualified import SEPARATOR, split
from jira_assets.state.models import TrackedProject
from jira_assets.sync.completeness import COMPLETENESS
from jira_assets.sync.health import EVERY_PROJECT_SYNCED, NO_PROJECT_TOO_OLD, NO_PROJECT_UNPROVEN, Verdict
from jira_assets.sync.notices import ActiveNotice
from jira_assets.sync.publish import PART as PUBLISH
from jira_assets.sync.targets import PART as TARGET

SYNCS_STOPPED = "syncs_stopped"
CONSENT_ENDS = "consent_ends"
PROJECT_FAILED = "project_failed"
PROJECT_STALE = "project_stale"
PROJECT_UNPROVEN = "project_unproven"
PUBLISH_FAILED = "publish_failed"

WORDS = {
    SYNCS_STOPPED: "syncs have stopped",
    CONSENT_ENDS: "the consent ends soon",
    PROJECT_FAILED: "the newest sync failed",
    PROJECT_STALE: "the data are stale",
    PROJECT_UNPROVEN: "completeness is not proved",
    PUBLISH_FAILED: "the last publish failed",
}

STOPS_EVERYTHING = (AuthenticationError, WrongSite, EndpointRemoved, SettingsError)
"""Errors that no waiting ends, and that concern every project."""

_OF_VERDICTS = {
    EVERY_PROJECT_SYNCED: (PROJECT_FAILED, "`jira-assets sync {key}` tries again now."),
    NO_PROJECT_TOO_OLD: (PROJECT_STALE, "`jira-assets doctor` checks the connection and the daemon."),
    NO_PROJECT_UNPROVEN: (PROJECT_UNPROVEN, "`jira-assets reconcile {key}` checks again."),
}

_CAUSES = {
    PROJECT_STALE: (PROJECT_FAILED,),
    PROJECT_UNPROVEN: (PROJECT_FAILED, PROJECT_STALE),
}

Key = tuple[str, str]


@dataclass(frozen=True)
class Condition:
    """A problem that stands now; `about` and `subject` are the id and key of a project, or empty.

    Those of a further site are its prefix and its short name; a target of the publish has its name.
    """

    name: str
    about: str
    subject: str
    text: str
    remedy: str = ""
    since: datetime | None = None

    @property
    def key(self) -> Key:
        """What identifies it."""
        return self.name, self.about


@dataclass(frozen=True)
class HealthReport:
    """The conditions that stand, and the keys of those that this look could not decide."""

    conditions: tuple[Condition, ...] = ()
    undecided: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class Access:
    """How a site received us: `refusal` is why it could not be asked; neither is set if it was not."""

    was_accepted: bool = False
    refusal: JiraAssetsError | None = None


NOT_ASKED = Access()


def find_conditions(
    tracked: Sequence[TrackedProject],
    verdicts: Iterable[Verdict],
    connected: Mapping[str, Connected],
    notices: Iterable[ActiveNotice],
    access: Mapping[str, Access],
) -> HealthReport:
    """Collect the conditions of the connections, the projects and the published file.

    `connected` and `access` are by the prefix of the site. Where nothing is tracked there is nothing to stop.
    A refusal that may pass by itself, as of a site that is down, is no condition of its own: the projects get
    stale by it.
    """
    if not tracked:
        return HealthReport()
    ids = {project.project_key: project.project_id for project in tracked}
    found: list[Condition] = []
    undecided: frozenset[Key] = frozenset()
    for prefix, of_site in connected.items():
        conditions, open_keys = _of_connection(prefix, of_site, access.get(prefix, NOT_ASKED))
        found += conditions
        undecided |= open_keys
    found += [*_of_projects(verdicts, ids), *_of_notices(notices, ids)]
    by_key = {condition.key: condition for condition in found}  # a notice says more than a verdict
    return HealthReport(tuple(by_key.values()), undecided)


def causes_of(key: Key) -> list[Key]:
    """Name the conditions that explain this one: while one of them stands, this one is not news."""
    name, about = key
    prefix, own_id = split(about)
    if not own_id:
        return []
    return [(SYNCS_STOPPED, prefix), *((cause, about) for cause in _CAUSES.get(name, ()))]


def _of_connection(
    prefix: str, connected: Connected, access: Access
) -> tuple[list[Condition], frozenset[Key]]:
    subject, remedy = prefix.removesuffix(SEPARATOR), connected.remedy or ""
    soon: Key = (CONSENT_ENDS, prefix)
    stop: Key = (SYNCS_STOPPED, prefix)
    if connected.trouble and not connected.ends_soon:
        return [Condition(*stop, subject, connected.trouble, remedy)], frozenset([soon])
    ends = [Condition(*soon, subject, connected.trouble, remedy)] if connected.trouble else []
    refusal = access.refusal
    if isinstance(refusal, STOPS_EVERYTHING):
        return [*ends, Condition(*stop, subject, refusal.reason, refusal.instruction)], frozenset()
    return ends, frozenset() if access.was_accepted else frozenset([stop])


def _of_projects(verdicts: Iterable[Verdict], ids: Mapping[str, str]) -> Iterator[Condition]:
    for verdict in verdicts:
        name, remedy = _OF_VERDICTS.get(verdict.name, ("", ""))
        for key, fault in verdict.faults.items() if name else ():
            yield Condition(name, ids[key], key, fault, remedy.format(key=key))


def _of_notices(notices: Iterable[ActiveNotice], ids: Mapping[str, str]) -> Iterator[Condition]:
    """Take the publishes that failed, and the proofs that failed; other notices stop nothing."""
    for notice in notices:
        said = (notice.reason, notice.instruction, notice.since)
        if notice.part == PUBLISH:
            yield Condition(PUBLISH_FAILED, "", "", *said)
        if notice.part.startswith(TARGET):
            yield Condition(PUBLISH_FAILED, notice.part, notice.part.removeprefix(TARGET), *said)
        if notice.part == COMPLETENESS:
            tracked = [key for key in notice.projects if key in ids]
            yield from (Condition(PROJECT_UNPROVEN, ids[key], key, *said) for key in tracked)
