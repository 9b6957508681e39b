"""Every error this project raises on purpose.

    JiraAssetsError                 reason + instruction, an exit code, fatal / retriable / skippable
    ├── SettingsError               a setting is missing or makes no sense
    ├── UnsupportedPlatform         this operating system lacks what the project needs
    ├── InputError                  a file or an argument that a person gave is not usable
    ├── AuthenticationError         Jira does not accept who we say we are (exit code 4)
    │   └── ReconnectNeeded         the OAuth grant is gone, or its secret was revoked: connect again
    ├── JiraError                   Jira answered, and the answer is not the data requested
    │   ├── BadQuery                400: Jira does not accept the request as it stands
    │   │   ├── UnknownProject      400: the query names a project this account cannot see
    │   │   └── SearchTokenExpired  400: the page token of a search is no longer valid
    │   ├── RequestTooLarge         413, 414: the request is larger than Jira, or a proxy, accepts
    │   ├── Forbidden               403: this account may not see it
    │   ├── ScopeMissing            401 at the gateway: the token lacks a scope
    │   ├── NotFound                404 in Jira's own JSON: gone, or hidden from this account
    │   │   └── ProjectOutOfSight   the project itself is deleted, in the trash, archived or hidden
    │   ├── SiteUnavailable         the site as a whole refuses, or something in front of it answers
    │   ├── EndpointRemoved         410: Atlassian took this part of its API away
    │   ├── IncompleteRead          the pages of an answer do not add up to a whole
    │   ├── MassDeletionSuspected              so many issues disappeared at once that it is not believed
    │   ├── RateLimited             429, longer than we are prepared to wait
    │   └── JiraUnavailable         5xx, resets, truncated bodies, time-outs
    ├── LakeError                   the files of the lake are not what they should be
    │   ├── WrongSite               the lake belongs to another Jira site
    │   ├── DamagedFile             a file of the home is missing, or is not as it was written
    │   ├── LockHeld                another process works on the same project
    │   ├── LeaseLost               another host took a project over while this process was silent
    │   └── StoreUnavailable        the store of a shared lake does not answer, or refuses
    ├── StateUnavailable            the server of the state does not answer, or ended the connection
    ├── PublishError                the warehouse that was built did not pass its checks
    ├── TargetError                 a target could not be brought up to date; it shows what it showed before
    └── ResourceExhausted                   a disk is full, or DuckDB may not use the memory it needs

A fatal error ends the run, a retriable one may pass by itself, a skippable one concerns one project only.
"""

from __future__ import annotations

from typing import Any, Literal

Severity = Literal["fatal", "retriable", "skippable"]


class JiraAssetsError(Exception):
    """Say what happened (`reason`) and what the person does next (`instruction`)."""

    exit_code = 1
    severity: Severity = "fatal"

    def __init__(self, reason: str, instruction: str = "", **facts: Any) -> None:
        self.reason = reason
        self.instruction = instruction
        self.facts = facts
        super().__init__(f"{reason} {instruction}".strip())

    def __reduce__(self) -> tuple[Any, ...]:
        # Dagster moves errors between processes; the default would call __init__ with one joined string.
        return (_rebuild, (type(self), self.reason, self.instruction, self.facts))


class Cancelled(BaseException):
    """Anyone who wanted this work has gone, by Ctrl-C or an error; no handler may take this for its own."""


def _rebuild(
    kind: type[JiraAssetsError], reason: str, instruction: str, facts: dict[str, Any]
) -> JiraAssetsError:
    return kind(reason, instruction, **facts)


class SettingsError(JiraAssetsError):
    """A setting is missing or makes no sense."""


class UnsupportedPlatform(JiraAssetsError):
    """This operating system lacks what the project needs."""


class InputError(JiraAssetsError):
    """A file or an argument that a person gave is not usable."""


class AuthenticationError(JiraAssetsError):
    """Jira does not accept who we say we are."""

    exit_code = 4


class ReconnectNeeded(AuthenticationError):
    """The OAuth grant is gone, or the secret was revoked: only a person can connect again."""


class JiraError(JiraAssetsError):
    """Jira answered, and the answer is not the data requested."""

    severity: Severity = "skippable"


class BadQuery(JiraError):
    """Jira does not accept the request as it stands (400)."""


class UnknownProject(BadQuery):
    """The query names a project this account cannot see (400)."""


class SearchTokenExpired(BadQuery):
    """The page token of a search is no longer valid (400); searching again from the start helps."""

    severity: Severity = "retriable"


class RequestTooLarge(JiraError):
    """The request is larger than Jira, or a proxy on the way, accepts (413, 414); a smaller one may pass."""


class Forbidden(JiraError):
    """This account may not see it (403)."""


class ScopeMissing(JiraError):
    """The token lacks a scope (401 at the gateway); refreshing it does not help."""


class NotFound(JiraError):
    """Gone, or hidden from this account (404, in the JSON that Jira itself answers for a thing)."""


class ProjectOutOfSight(NotFound):
    """Jira says of the project itself that it is deleted, in the trash, archived or hidden."""


class SiteUnavailable(JiraError):
    """The site as a whole refuses us, or something in front of it answers: this says nothing about a thing.

    `facts["cause"]` is one of `jira.site_refusals.Cause`.
    """

    severity: Severity = "retriable"


class EndpointRemoved(JiraError):
    """Atlassian took this part of its API away (410)."""

    severity: Severity = "fatal"


class IncompleteRead(JiraError):
    """The pages of an answer do not add up to a whole."""

    severity: Severity = "retriable"


class MassDeletionSuspected(JiraError):
    """So many issues disappeared at once that it is not believed; a person, or another day, decides."""


class RateLimited(JiraError):
    """Jira asks us to wait longer than we are prepared to (429), or our own budget is spent."""

    severity: Severity = "retriable"


class JiraUnavailable(JiraError):
    """Jira fails for a reason that may pass: 5xx, resets, truncated bodies, time-outs."""

    severity: Severity = "retriable"


class LakeError(JiraAssetsError):
    """The files of the lake are not what they should be."""


class WrongSite(LakeError):
    """The lake belongs to another Jira site."""


class DamagedFile(LakeError):
    """A file of the home is missing, or is not as it was written; `jira-assets repair` is the remedy."""

    severity: Severity = "skippable"


class LockHeld(LakeError):
    """Another process works on the same project."""

    severity: Severity = "retriable"


class LeaseLost(LakeError):
    """Another host took a project over while this process was silent; what this one did is not kept."""

    severity: Severity = "retriable"


class StoreUnavailable(LakeError):
    """The store of a shared lake does not answer, or refuses."""

    severity: Severity = "retriable"


class StateUnavailable(JiraAssetsError):
    """The server of the state does not answer, or ended the connection."""

    severity: Severity = "retriable"


class PublishError(JiraAssetsError):
    """The warehouse that was built did not pass its checks; the one before stays."""


class TargetError(JiraAssetsError):
    """A target of the publish could not be brought up to date; it shows what it showed before."""

    severity: Severity = "retriable"


class ResourceExhausted(JiraAssetsError):
    """A disk is full, or DuckDB may not use the memory it needs; what was there before stays."""

    severity: Severity = "retriable"
