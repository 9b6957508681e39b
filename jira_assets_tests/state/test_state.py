from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jira_assets.errors import InputError
from jira_assets.jira.throttle import WHOLE_SITE, Pause
from jira_assets.state import ConnectedSite, Credential, ProjectRef, State, SyncRecord, TeamMember
from jira_assets.state.models import CredentialKind

PAY = ProjectRef("10001", "PAY", "Payments")
WEB = ProjectRef("10002", "WEB", "Web shop")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def keys(state: State) -> list[str]:
    return [project.project_key for project in state.projects.tracked()]


def test_tracked_projects_are_listed_by_key(state: State) -> None:
    assert [p.project_key for p in state.projects.track([WEB, PAY])] == ["PAY", "WEB"]
    assert keys(state) == ["PAY", "WEB"]


def test_tracking_twice_is_tracking_once(state: State) -> None:
    state.projects.track([PAY])
    (first,) = state.projects.tracked()
    assert state.projects.track([PAY, WEB]) == state.projects.find(["WEB"])
    assert state.projects.find(["PAY"]) == [first]


def test_an_untracked_project_is_remembered_and_resumes_with_its_fields(state: State) -> None:
    state.projects.track([PAY, WEB])
    state.projects.choose_fields("10001", story_points="customfield_10016", sprint=None)
    state.projects.untrack(["pay"])
    assert keys(state) == ["WEB"]
    remembered = state.projects.tracked(include_inactive=True)[0]
    assert remembered.untracked_at is not None
    (again,) = state.projects.track([PAY])
    assert again.story_points_field == "customfield_10016"
    assert again.untracked_at is None


def test_keys_are_found_in_any_case_in_the_order_asked_for(state: State) -> None:
    state.projects.track([PAY, WEB])
    assert [p.project_key for p in state.projects.find([" web", "PAY", "Web"])] == ["WEB", "PAY"]


def test_an_unknown_key_is_an_error_with_the_close_ones(state: State) -> None:
    state.projects.track([PAY, WEB])
    with pytest.raises(InputError, match="PAZ is not tracked") as caught:
        state.projects.find(["WEB", "PAZ"])
    assert "Did you mean PAY?" in caught.value.instruction


def test_untracking_an_unknown_key_untracks_nothing(state: State) -> None:
    state.projects.track([PAY])
    with pytest.raises(InputError, match="NOPE is not tracked"):
        state.projects.untrack(["PAY", "NOPE"])
    assert keys(state) == ["PAY"]


def test_a_key_that_now_belongs_to_another_project_is_not_tracked_silently(state: State) -> None:
    state.projects.track([PAY])
    with pytest.raises(InputError, match="id 10001"):
        state.projects.track([WEB, ProjectRef("10009", "PAY")])
    assert keys(state) == ["PAY"]
    state.projects.untrack(["PAY"])
    state.projects.track([ProjectRef("10009", "PAY")])
    assert [p.project_id for p in state.projects.tracked()] == ["10009"]


def test_a_renamed_key_is_renamed_in_the_outcomes_too(state: State) -> None:
    state.projects.track([PAY])
    state.records.put(SyncRecord("10001", "PAY"))
    state.projects.rename_key("10001", "PAYM")
    assert keys(state) == ["PAYM"]
    assert [record.project_key for record in state.records.all()] == ["PAYM"]


def test_the_newest_outcome_replaces_the_one_before(state: State) -> None:
    outcome = SyncRecord("10001", "PAY", "complete", NOON, NOON, NOON, issues=7, seconds=1.5)
    state.records.put(replace(outcome, status="error", last_error="no"))
    state.records.put(outcome)
    assert state.records.all() == [outcome]


def test_a_record_is_revised_from_a_fresh_one_at_first(state: State) -> None:
    revised = state.records.revise("1", "PAY", lambda record: replace(record, errors=record.errors + 1))
    assert revised == SyncRecord("1", "PAY", errors=1)
    assert state.records.all() == [revised]


def test_a_revision_that_fails_changes_nothing(state: State) -> None:
    def fail(record: SyncRecord) -> SyncRecord:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        state.records.revise("1", "PAY", fail)
    assert state.records.all() == []


def test_the_team_is_replaced_as_a_whole(state: State) -> None:
    state.team.replace([TeamMember("m1", "Ana"), TeamMember("m2", "Bo", "bo@acme.com", "acc")])
    assert state.team.replace([TeamMember("m3", "Cy", team="Core")]) == 1
    assert [(member.member_id, member.team) for member in state.team.members()] == [("m3", "Core")]
    assert state.team.members()[0].imported_at is not None


def test_a_decision_about_an_account_can_be_changed_and_taken_back(state: State) -> None:
    state.team.set_override("acc", "m1")
    state.team.set_override("acc", None)
    assert [(o.account_id, o.member_id) for o in state.team.overrides()] == [("acc", None)]
    assert state.team.forget_override("acc")
    assert not state.team.forget_override("acc")
    assert state.team.overrides() == []


def test_the_longer_pause_stands(state: State) -> None:
    assert state.pauses.until() is None
    state.pauses.pause(NOON, "quota")
    state.pauses.pause(NOON - timedelta(minutes=1), "a shorter one")
    assert (state.pauses.until(), state.pauses.reason()) == (NOON, "quota")
    state.pauses.pause(NOON + timedelta(hours=1), "a longer one")
    assert (state.pauses.until(), state.pauses.reason()) == (NOON + timedelta(hours=1), "a longer one")
    state.pauses.resume()
    assert state.pauses.until() is None


def test_a_pause_of_an_endpoint_stands_beside_that_of_the_site(state: State) -> None:
    state.pauses.pause(NOON, "burst", "GET /x")
    assert state.pauses.until() is None
    state.pauses.pause(NOON, "quota")
    assert state.pauses.all() == {"GET /x": Pause(NOON, "burst"), WHOLE_SITE: Pause(NOON, "quota")}
    state.pauses.resume()
    assert state.pauses.all() == {}


def test_settings_are_kept_changed_and_removed(state: State) -> None:
    state.settings.set("memory_limit", "1GB")
    state.settings.set("memory_limit", "2GB")
    assert state.settings.get("memory_limit") == "2GB"
    state.settings.set("memory_limit", None)
    assert state.settings.all() == {}


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-840, 840))
def test_an_instant_survives_whatever_its_offset(
    tmp_path_factory: pytest.TempPathFactory, instant: datetime, minutes: int
) -> None:
    assume(datetime(2, 1, 1, tzinfo=UTC) < instant < datetime(9999, 1, 1, tzinfo=UTC))
    moment = instant.astimezone(timezone(timedelta(minutes=minutes)))
    with State.open(f"sqlite:///{tmp_path_factory.getbasetemp()}/instants.db") as state:
        state.records.put(SyncRecord("1", "PAY", watermark=moment))
        (record,) = state.records.all()
    assert record.watermark == moment
    assert record.watermark.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(state: State) -> None:
    with pytest.raises(Exception, match="has no time zone"):
        state.pauses.pause(NOON.replace(tzinfo=None), "quota")


@pytest.mark.parametrize("kind", get_args(CredentialKind))
def test_a_credential_of_every_kind_is_kept_and_only_a_consent_ends_by_itself(
    state: State, kind: CredentialKind
) -> None:
    credential = Credential(kind, "712020:bot", "Sync Bot", "sealed", NOON, NOON, through_gateway=True)
    state.credentials.connect(ConnectedSite("cloud", "https://acme.atlassian.net"), credential)
    assert state.credentials.current() == credential
    assert (credential.reconnect_by is None) is (kind != "oauth")
