"""Which problems deserve an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jira_assets.alerts.conditions import (
    CONSENT_ENDS,
    PROJECT_FAILED,
    PROJECT_STALE,
    PROJECT_UNPROVEN,
    PUBLISH_FAILED,
    SYNCS_STOPPED,
    Access,
    HealthReport,
    causes_of,
    find_conditions,
)
from jira_assets.auth.status import Connected
from jira_assets.errors import (
    AuthenticationError,
    InputError,
    JiraAssetsError,
    JiraUnavailable,
    PublishError,
    ResourceExhausted,
    WrongSite,
)
from jira_assets.state import TrackedProject
from jira_assets.sync.health import (
    EVERY_PROJECT_SYNCED,
    NO_PROJECT_TOO_OLD,
    NO_PROJECT_UNPROVEN,
    NOTHING_UNREAD,
    Verdict,
)
from jira_assets.sync.notices import ActiveNotice

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAY = TrackedProject("1", "PAY", "Pay", True, None, None, NOON - timedelta(days=30), None)
WELL = Connected("https://acme.atlassian.net", "OAuth", "Ana")
LOST = Connected("https://acme.atlassian.net", trouble="Syncs have stopped.", remedy="Connect again.")
SOON = Connected("https://acme.atlassian.net", trouble="It ends.", remedy="Connect.", ends_soon=True)
STOPPED = (SYNCS_STOPPED, "")


def look(
    *verdicts: Verdict,
    connected: Connected = WELL,
    notices: tuple[ActiveNotice, ...] = (),
    access: Access | None = None,
) -> HealthReport:
    """Look at one project."""
    received = access or Access(was_accepted=True)
    return find_conditions([PAY], verdicts, {"": connected}, notices, {"": received})


def keys(found: HealthReport) -> set[tuple[str, str]]:
    """What stands."""
    return {condition.key for condition in found.conditions}


def test_nothing_stands_where_all_is_well() -> None:
    assert look(Verdict(EVERY_PROJECT_SYNCED)) == HealthReport()


def test_nothing_stands_where_nothing_is_tracked() -> None:
    assert find_conditions([], [], {"": LOST}, [], {}) == HealthReport()


def test_each_fault_of_a_project_stands_by_its_id() -> None:
    found = look(
        Verdict(EVERY_PROJECT_SYNCED, {"PAY": "Forbidden. Ask an admin."}),
        Verdict(NO_PROJECT_TOO_OLD, {"PAY": "Old."}),
        Verdict(NO_PROJECT_UNPROVEN, {"PAY": "Unproven."}),
        Verdict(NOTHING_UNREAD, {"boards of PAY": "Closed."}),
    )
    assert keys(found) == {(PROJECT_FAILED, "1"), (PROJECT_STALE, "1"), (PROJECT_UNPROVEN, "1")}
    failed = found.conditions[0]
    assert (failed.subject, failed.text) == ("PAY", "Forbidden. Ask an admin.")
    assert failed.remedy == "`jira-assets sync PAY` tries again now."


def test_a_failed_proof_is_one_condition_however_often_it_is_said() -> None:
    notice = ActiveNotice("completeness", "not proved: 48, 30.", "Again.", NOON, ("PAY", "UNTRACKED"))
    (condition,) = look(Verdict(NO_PROJECT_UNPROVEN, {"PAY": "Old proof."}), notices=(notice,)).conditions
    assert (condition.name, condition.text, condition.since) == (PROJECT_UNPROVEN, notice.reason, NOON)


def test_of_the_notices_only_failed_proofs_and_publishes_count() -> None:
    publish = ActiveNotice("warehouse", "It has one row too many.", "Publish again.", NOON)
    boards = ActiveNotice("boards", "Closed.", "Ask.", NOON, ("PAY",))
    assert keys(look(notices=(publish, boards))) == {(PUBLISH_FAILED, "")}


def test_a_lost_consent_stops_syncs_whatever_is_known_of_jira() -> None:
    found = look(connected=LOST, access=Access())
    assert keys(found) == {STOPPED}
    assert found.conditions[0].remedy == "Connect again."
    assert found.undecided == {(CONSENT_ENDS, "")}  # it is not over because it is gone


def test_a_consent_that_ends_soon_stops_nothing() -> None:
    assert keys(look(connected=SOON)) == {(CONSENT_ENDS, "")}


@pytest.mark.parametrize("error", [AuthenticationError("No.", "Connect."), WrongSite("Other site.")])
def test_a_refusal_that_does_not_pass_stops_syncs(error: JiraAssetsError) -> None:
    assert keys(look(access=Access(refusal=error))) == {STOPPED}


@pytest.mark.parametrize(
    "error",
    [JiraUnavailable("503."), ResourceExhausted("Full."), PublishError("Rows."), InputError("No project.")],
)
def test_other_errors_say_nothing_about_whether_jira_accepts_us(error: JiraAssetsError) -> None:
    assert look(access=Access(refusal=error)) == HealthReport(undecided=frozenset([STOPPED]))


def test_where_jira_was_not_asked_it_is_not_decided_whether_it_accepts_us() -> None:
    assert look(access=Access()) == HealthReport(undecided=frozenset([STOPPED]))


def test_the_lost_consent_of_a_further_site_is_a_condition_of_that_site() -> None:
    pay = replace(PAY, project_id="acme:1", project_key="acme:PAY")
    found = find_conditions(
        [PAY, pay], [], {"": WELL, "acme:": LOST}, [], {"": Access(was_accepted=True), "acme:": Access()}
    )
    [condition] = found.conditions
    assert (condition.key, condition.subject) == ((SYNCS_STOPPED, "acme:"), "acme")
    assert (SYNCS_STOPPED, "acme:") in causes_of((PROJECT_STALE, "acme:1"))
    assert (SYNCS_STOPPED, "acme:") not in causes_of((PROJECT_STALE, "1"))
    assert causes_of((SYNCS_STOPPED, "acme:")) == []


def test_what_one_site_refuses_says_nothing_of_the_other() -> None:
    refused = Access(refusal=AuthenticationError("No.", "Connect."))
    found = find_conditions([PAY], [], {"": WELL, "acme:": WELL}, [], {"acme:": refused})
    assert keys(found) == {(SYNCS_STOPPED, "acme:")}
    assert found.undecided == {(SYNCS_STOPPED, "")}
