"""Several sites in a state: each sees its own projects, with the ids of Jira; the home sees all apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jira_assets.errors import InputError
from jira_assets.jira.throttle import WHOLE_SITE
from jira_assets.state import ConnectedSite, Credential, ProjectRef, State, SyncRecord
from jira_assets_tests.sampling import sampled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OUR_PAY = ProjectRef("10001", "PAY", "Payments")
ACME_PAY = ProjectRef("10001", "acme:PAY", "Payments")
OURS = ConnectedSite("c1", "https://ours.atlassian.net", "Ours")
ACME = ConnectedSite("c2", "https://acme.atlassian.net", "Acme", short_name="acme")


def credential(name: str) -> Credential:
    return Credential("api_token", f"account-{name}", name, "…", NOON, NOON)


@pytest.fixture(params=sampled(["sqlite", "postgres"]))
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database: the statements that ask for one site are the same on both."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """Open a state that is connected to two sites."""
    with State.open(state_url, lambda: NOON) as state:
        state.credentials.connect(OURS, credential("Ana"))
        acme = state.sites.add(ACME)
        state.of(acme).credentials.connect(ACME, credential("Bo"))
        yield state


def views(state: State) -> tuple[State, State]:
    first, second, *_ = state.sites.all()
    return state.of(first), state.of(second)


def track_both(state: State) -> tuple[State, State]:
    ours, acme = views(state)
    ours.projects.track([OUR_PAY])
    acme.projects.track([ACME_PAY])
    return ours, acme


def test_equal_ids_and_keys_of_two_sites_are_two_projects(state: State) -> None:
    ours, acme = track_both(state)
    assert [(each.project_id, each.project_key) for each in state.projects.tracked()] == [
        ("10001", "PAY"),
        ("acme:10001", "acme:PAY"),
    ]
    assert [(each.project_id, each.project_key) for each in ours.projects.tracked()] == [("10001", "PAY")]
    assert [(each.project_id, each.project_key) for each in acme.projects.tracked()] == [
        ("10001", "acme:PAY")
    ]


def test_the_home_tracks_and_untracks_by_qualified_ids_and_keys(state: State) -> None:
    state.projects.track([ProjectRef("acme:10001", "acme:PAY", "Payments")])
    ours, acme = views(state)
    assert ours.projects.tracked() == []
    assert [each.project_id for each in acme.projects.tracked()] == ["10001"]
    state.projects.untrack(["acme:pay"])
    assert acme.projects.tracked() == []


def test_fields_and_keys_of_one_site_are_changed_alone(state: State) -> None:
    _, acme = track_both(state)
    acme.projects.choose_fields("10001", story_points="customfield_1", sprint=None)
    acme.projects.rename_key("10001", "acme:CASH")
    found = {each.project_id: each for each in state.projects.tracked()}
    assert found["acme:10001"].project_key == "acme:CASH"
    assert found["acme:10001"].story_points_field == "customfield_1"
    assert (found["10001"].project_key, found["10001"].story_points_field) == ("PAY", None)
    assert acme.projects.tracked_now(acme.projects.tracked()[0]).project_key == "acme:CASH"


def test_outcomes_of_one_site_are_not_those_of_the_other(state: State) -> None:
    ours, acme = views(state)
    ours.records.put(SyncRecord("10001", "PAY", issues=1))
    acme.records.revise("10001", "acme:PAY", lambda before: replace(before, issues=2))
    acme.records.note_probe(["10001"], NOON)
    assert [(each.project_id, each.issues) for each in state.records.all()] == [
        ("10001", 1),
        ("acme:10001", 2),
    ]
    assert [each.probed_at for each in ours.records.all()] == [None]
    assert [(each.project_id, each.probed_at) for each in acme.records.all()] == [("10001", NOON)]


def test_a_request_for_all_projects_is_one_for_each_site(state: State) -> None:
    state.sync_requests.add()
    ours, acme = views(state)
    assert [each.project_id for each in state.sync_requests.all()] == [None, None]
    assert [each.project_id for each in acme.sync_requests.all()] == [None]
    acme.sync_requests.clear([each.request_id for each in acme.sync_requests.all()])
    assert len(ours.sync_requests.all()) == 1
    assert acme.sync_requests.all() == []


def test_a_request_for_a_project_is_seen_by_its_site(state: State) -> None:
    state.sync_requests.add("acme:10001")
    ours, acme = views(state)
    assert ours.sync_requests.all() == []
    assert [each.project_id for each in acme.sync_requests.all()] == ["10001"]


def test_each_site_has_its_own_credential_pause_and_budget(state: State) -> None:
    ours, acme = views(state)
    acme.pauses.pause(NOON + timedelta(hours=1), "quota")
    acme.points.spend(70, NOON)
    ours.points.spend(5, NOON)
    assert ours.pauses.until() is None
    assert acme.pauses.reason() == "quota"
    assert (ours.points.spent(NOON), acme.points.spent(NOON)) == (5, 70)
    found = [view.credentials.current() for view in (ours, acme)]
    assert [each.display_name for each in found if each] == ["Ana", "Bo"]
    assert acme.credentials.site().url == "https://acme.atlassian.net"


def test_sites_of_one_grant_share_credential_and_budget(state: State) -> None:
    shared = state.sites.add(ConnectedSite("c3", "https://x.atlassian.net", short_name="x"), grant_id=1)
    assert state.of(shared).credentials.current() == state.credentials.current()
    state.points.spend(3, NOON)
    assert state.of(shared).points.spent(NOON) == 3


def test_a_site_that_takes_another_grant_leaves_no_credential_behind(state: State) -> None:
    _, acme = state.sites.all()
    state.sites.use_grant(acme, 1)
    _, view = views(state)
    found = view.credentials.current()
    assert found is not None
    assert found.display_name == "Ana"
    state.sites.use_grant(acme, acme.grant_id)
    assert views(state)[1].credentials.current() is None


def test_two_sites_cannot_have_one_name(state: State) -> None:
    with pytest.raises(InputError, match=r"acme is the name of https://acme\.atlassian\.net"):
        state.sites.add(replace(ACME, cloud_id="c4", url="https://other.atlassian.net"))
    with pytest.raises(InputError, match="acme is the name"):
        state.sites.rename(state.sites.all()[0], "acme")


def share(state: State) -> tuple[State, State]:
    """Have both sites use the credential of the first."""
    ours, acme = state.sites.all()
    state.sites.use_grant(acme, ours.grant_id)
    return views(state)


def names_of(state: State) -> list[str | None]:
    found = [view.credentials.current() for view in views(state)]
    return [each.display_name if each else None for each in found]


def test_another_account_for_one_site_leaves_the_shared_credential_to_the_other(state: State) -> None:
    _, acme = share(state)
    acme.credentials.connect(ACME, credential("Cy"))
    assert names_of(state) == ["Ana", "Cy"]


def test_a_renewed_credential_serves_all_that_share_it(state: State) -> None:
    _, acme = share(state)
    acme.credentials.connect(ACME, replace(credential("Ana"), secrets="newer"))
    assert names_of(state) == ["Ana", "Ana"]
    assert len({site.grant_id for site in state.sites.all()}) == 1


def test_a_site_that_is_disconnected_leaves_the_shared_credential_to_the_other(state: State) -> None:
    _, acme = share(state)
    assert acme.credentials.forget()
    assert names_of(state) == ["Ana", None]
    assert not acme.credentials.forget()
    assert views(state)[0].credentials.forget()
    assert names_of(state) == [None, None]


def test_a_site_is_not_added_twice_under_two_names(state: State) -> None:
    with pytest.raises(InputError, match=r"acme\.atlassian\.net is in this home already, as acme"):
        state.sites.add(replace(ACME, short_name="other"))
    with pytest.raises(InputError, match="is in this home already"):
        state.sites.add(ConnectedSite(None, OURS.url, short_name="other"))


def test_a_view_of_a_removed_site_has_no_credential_and_says_why(state: State) -> None:
    _, acme = views(state)
    state.sites.remove(state.sites.find("acme"))
    with pytest.raises(InputError, match="was removed from this home"):
        acme.credentials.current()


def test_a_site_that_another_process_renamed_keeps_its_projects(state: State) -> None:
    track_both(state)
    before = state.sites.find("acme")
    state.sites.rename(before, "zeta")
    assert state.sites.rename(before, "beta").prefix == "beta:"
    assert [each.project_key for each in state.projects.tracked()] == ["PAY", "beta:PAY"]
    state.sites.remove(before)
    assert [each.project_key for each in state.projects.tracked()] == ["PAY"]
    with pytest.raises(InputError, match="acme was removed from this home"):
        state.sites.rename(before, "acme")


@pytest.mark.parametrize("again", ["acme", "zeta"])
def test_what_a_late_sync_leaves_of_a_former_name_is_not_taken_for_another_site(
    state: State, again: str
) -> None:
    _, acme = track_both(state)
    acme.records.put(SyncRecord("10001", "acme:PAY", issues=1))
    zeta = state.sites.rename(state.sites.find("acme"), "zeta")
    acme.records.put(SyncRecord("10001", "acme:PAY", issues=2))
    if again == "acme":
        state.sites.rename(zeta, "acme")
        assert [each.issues for each in views(state)[1].records.all()] == [1]
    else:
        added = state.sites.add(replace(ACME, cloud_id="c4", url="https://other.atlassian.net"))
        assert state.of(added).records.all() == []


def test_an_unknown_site_is_an_error_that_lists_the_known(state: State) -> None:
    with pytest.raises(InputError, match="No site of this home is called beta") as error:
        state.sites.find("beta")
    assert "ours.atlassian.net, acme" in error.value.instruction


def test_renaming_a_site_renames_everything_of_its_projects(state: State) -> None:
    ours, acme = track_both(state)
    ours.records.put(SyncRecord("10001", "PAY"))
    acme.records.put(SyncRecord("10001", "acme:PAY"))
    state.sync_requests.add("acme:10001")
    renamed = state.sites.rename(state.sites.find("acme"), "zeta")
    assert [each.project_key for each in state.projects.tracked()] == ["PAY", "zeta:PAY"]
    assert [each.project_id for each in state.records.all()] == ["10001", "zeta:10001"]
    assert [each.project_id for each in state.sync_requests.all()] == ["zeta:10001"]
    assert [each.project_key for each in state.records.all()] == ["PAY", "zeta:PAY"]
    assert [each.project_id for each in state.of(renamed).projects.tracked()] == ["10001"]
    assert renamed.folder == "sites/2"


def test_naming_the_first_site_leaves_its_ids_as_they_are(state: State) -> None:
    views(state)[0].projects.track([OUR_PAY])
    named = state.sites.rename(state.sites.all()[0], "ours")
    assert (named.label, named.prefix) == ("ours", "")
    assert [each.project_key for each in state.projects.tracked()] == ["PAY"]


def test_removing_a_site_leaves_the_other_as_it_was(state: State) -> None:
    for view in track_both(state):
        view.records.put(SyncRecord("10001", "PAY"))
        view.pauses.pause(NOON, "quota")
        view.pauses.pause(NOON, "burst", "GET /x")
    acme = state.sites.find("acme")
    state.sites.remove(acme)
    assert [each.label for each in state.sites.all()] == ["ours.atlassian.net"]
    assert [each.project_id for each in state.projects.tracked()] == ["10001"]
    assert [each.project_id for each in state.records.all()] == ["10001"]
    assert set(state.pauses.all()) == {WHOLE_SITE, "GET /x"}
    again = state.sites.add(ACME)
    assert state.of(again).projects.tracked(include_inactive=True) == []
    assert state.of(again).credentials.current() is None
    assert state.of(again).pauses.all() == {}


def test_names_that_begin_alike_are_kept_apart(state: State) -> None:
    other = state.of(state.sites.add(ConnectedSite("c5", "https://a.atlassian.net", short_name="acm")))
    other.projects.track([ProjectRef("10001", "acm:PAY")])
    track_both(state)
    state.projects.untrack(["PAY"])
    assert [each.project_key for each in state.projects.tracked()] == ["acm:PAY", "acme:PAY"]
    state.sites.remove(state.sites.find("acm"))
    assert [each.project_key for each in state.projects.tracked()] == ["acme:PAY"]
