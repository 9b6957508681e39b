"""A new connection goes to the site of the home that it is for, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jira_assets.auth.home_sites import share_grant, store_connection
from jira_assets.errors import InputError, WrongSite
from jira_assets.lake.lake import SiteIdentity
from jira_assets.state import ConnectedSite, Credential, ProjectRef, State

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS = ConnectedSite("c1", "https://ours.atlassian.net", "Ours")
ACME = ConnectedSite("c2", "https://acme.atlassian.net", "Acme")
ZETA = ConnectedSite("c3", "https://zeta.atlassian.net", "Zeta")
ANA = Credential("oauth", "a1", "Ana", "…", NOON, NOON, client_id="app")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """Open the state of an empty home."""
    with State.open(f"sqlite:///{tmp_path}/state.db") as state:
        yield state


def connect(
    state: State, site: ConnectedSite, name: str | None = None, held: SiteIdentity | None = None
) -> ConnectedSite:
    return store_connection(state, site, ANA, lambda: held, name)


def urls(state: State) -> dict[str | None, str | None]:
    return {site.short_name: site.url for site in state.sites.all()}


def test_the_first_connection_is_the_first_site(state: State) -> None:
    stored = connect(state, OURS)
    assert (stored.is_first, stored.short_name, stored.url) == (True, None, OURS.url)
    assert state.credentials.current() == ANA


def test_the_first_connection_may_have_a_name_and_keeps_plain_ids(state: State) -> None:
    stored = connect(state, OURS, "ours")
    assert (stored.is_first, stored.short_name, stored.prefix) == (True, "ours", "")


def test_a_connection_with_a_name_adds_a_site(state: State) -> None:
    connect(state, OURS)
    stored = connect(state, ACME, "acme")
    assert (stored.is_first, stored.prefix) == (False, "acme:")
    assert urls(state) == {None: OURS.url, "acme": ACME.url}
    assert state.of(stored).credentials.current() == ANA


def test_a_site_set_in_the_environment_stays_the_first(state: State) -> None:
    first = SiteIdentity("https://set.atlassian.net", "https://set.atlassian.net")
    assert connect(state, ACME, "acme", first).prefix == "acme:"


def test_a_known_site_is_connected_again_without_its_name(state: State) -> None:
    connect(state, OURS)
    before = connect(state, ACME, "acme")
    again = connect(state, replace(ACME, url="https://acme-new.atlassian.net"))
    assert (again.site_id, again.url) == (before.site_id, "https://acme-new.atlassian.net")
    assert len(state.sites.all()) == 2


def test_another_site_without_a_name_is_refused_where_the_first_has_issues(state: State) -> None:
    connect(state, OURS)
    state.projects.track([ProjectRef("1", "PAY")])
    with pytest.raises(WrongSite, match=r"tracks projects of https://ours\.atlassian\.net") as error:
        connect(state, ACME)
    assert "jira-assets connect --site-name NAME" in error.value.instruction
    assert urls(state) == {None: OURS.url}


def test_a_first_site_that_holds_nothing_may_be_replaced(state: State) -> None:
    connect(state, OURS)
    connect(state, ACME)
    assert urls(state) == {None: ACME.url}


def test_a_name_of_another_site_is_refused(state: State) -> None:
    connect(state, OURS)
    connect(state, ACME, "acme")
    with pytest.raises(InputError, match=r"acme is the name of https://acme\.atlassian\.net"):
        connect(state, ZETA, "acme")
    with pytest.raises(InputError, match="is connected already, as acme") as error:
        connect(state, ACME, "other")
    assert "jira-assets sites rename acme other" in error.value.instruction
    assert urls(state) == {None: OURS.url, "acme": ACME.url}


def test_a_consent_that_covers_several_sites_serves_all_of_them(state: State) -> None:
    ours = connect(state, OURS)
    acme = connect(state, ACME, "acme")
    share_grant(state, acme, ANA, ["c1", "c2"])
    assert {site.grant_id for site in state.sites.all()} == {acme.grant_id}
    assert state.of(ours).credentials.current() == ANA
    newer = replace(ANA, secrets="newer")
    state.of(acme).credentials.connect(acme, newer)
    assert state.credentials.current() == newer


@pytest.mark.parametrize(
    "other", [replace(ANA, account_id="a2"), replace(ANA, client_id="app2"), replace(ANA, kind="api_token")]
)
def test_a_credential_of_another_account_app_or_kind_is_kept(state: State, other: Credential) -> None:
    store_connection(state, OURS, other, lambda: None, None)
    acme = connect(state, ACME, "acme")
    share_grant(state, acme, ANA, ["c1", "c2"])
    assert state.credentials.current() == other


def test_a_site_that_the_consent_does_not_cover_keeps_its_own(state: State) -> None:
    connect(state, OURS)
    acme = connect(state, ACME, "acme")
    share_grant(state, acme, ANA, ["c2"])
    assert len({site.grant_id for site in state.sites.all()}) == 2
