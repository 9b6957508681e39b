"""Who Jira takes us for is proved before anything else is believed."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from jira_assets.errors import AuthenticationError, IncompleteRead, SettingsError, SiteUnavailable
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import START, Canned

ANN = {
    "accountId": "5b10a2844c20165700ede21g",
    "displayName": "Ann",
    "emailAddress": "ann@example.com",
    "timeZone": "Asia/Kathmandu",
}


def test_an_identity_carries_the_time_of_jira(scripted: Ask) -> None:
    client, _ = scripted(Canned(ANN))
    identity = client.fetch_identity()
    assert (identity.account_id, identity.email, identity.time_zone) == (
        ANN["accountId"],
        "ann@example.com",
        "Asia/Kathmandu",
    )
    assert identity.answered_at == START


def test_without_a_date_our_own_clock_counts(scripted: Ask) -> None:
    client, site = scripted(Canned(ANN, headers={"Date": ""}))
    site.clock.sleep(5)
    assert client.fetch_identity().answered_at == site.clock.now()


def test_an_address_without_a_jira_is_named(scripted: Ask) -> None:
    client, site = scripted(Canned({"errorMessages": ["Not here."], "errors": {}}, 404))
    with pytest.raises(SettingsError, match=f"No Jira was found at {site.url}"):
        client.fetch_identity()


def test_a_page_at_the_address_says_nothing_about_the_account(scripted: Ask) -> None:
    client, site = scripted(Canned("<html><title>Not here</title></html>", 404))
    with pytest.raises(
        SiteUnavailable, match=f"{urlsplit(site.url).netloc} .*is not a Jira response .*Not here"
    ):
        client.fetch_identity()


@pytest.mark.parametrize("expected", [None, ANN["accountId"]])
def test_the_account_that_is_expected_is_welcome(scripted: Ask, expected: str | None) -> None:
    client, _ = scripted(Canned(ANN))
    assert client.prove_identity(expected).display_name == "Ann"


def test_another_account_is_an_authentication_error(scripted: Ask) -> None:
    client, _ = scripted(Canned(ANN))
    with pytest.raises(AuthenticationError, match=r"Ann .* connected as somebody-else"):
        client.prove_identity("somebody-else")


@pytest.mark.parametrize("body", [{}, {"accountId": None}, []])
def test_an_answer_without_an_account_proves_nothing(scripted: Ask, body: object) -> None:
    client, _ = scripted(Canned(body))
    with pytest.raises(IncompleteRead, match=r"unexpected response: .*The response was discarded"):
        client.prove_identity(None)


def test_the_site_tells_its_kind_and_its_cloud_id(scripted: Ask) -> None:
    info = {"baseUrl": "https://acme.atlassian.net", "deploymentType": "Cloud", "serverTimeZone": "UTC"}
    client, site = scripted(Canned(info), Canned({"cloudId": "3036c423"}))
    assert client.fetch_server_info().deployment_type == "Cloud"
    assert client.fetch_tenant_info().cloud_id == "3036c423"
    assert site.seen[1].path == "/_edge/tenant_info"
