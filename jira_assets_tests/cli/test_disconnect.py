"""`disconnect` removes the stored credential, and says what stays and where to revoke it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.cli.conftest import Run


def connect(state: State, settings: Settings, kind: str) -> None:
    """Store a credential as `connect` does."""
    box = open_secret_box(settings.secret_key, settings.secret_key_file)
    credential = Credential(
        kind=kind,  # type: ignore[arg-type]  # the parameter has every kind
        account_id="1",
        display_name="Ana",
        secrets=box.seal({"api_token": "geheim"}),
        consented_at=datetime(2026, 1, 1, tzinfo=UTC),
        refreshed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    state.credentials.connect(
        ConnectedSite(cloud_id="c", url="https://acme.atlassian.net", name="acme"), credential
    )


@pytest.mark.parametrize(
    ("kind", "named", "page"),
    [
        ("oauth", "OAuth grant", "manage-profile/apps"),
        ("api_token", "API token", "security/api-tokens"),
        (
            "client_credentials",
            "OAuth credential of the service account",
            "admin.atlassian.com, Directory, Service accounts",
        ),
        ("bearer_api_token", "API token", "admin.atlassian.com, Directory, Service accounts"),
    ],
)
def test_the_credential_goes_and_the_rest_stays(
    run: Run, state: State, settings: Settings, kind: str, named: str, page: str
) -> None:
    connect(state, settings, kind)
    backup = settings.state_path.with_name("state.db.0003-20260101T000000.backup")
    backup.touch()

    result = run("disconnect")

    assert result.exit_code == 0, result.stderr
    assert state.credentials.current() is None
    assert state.credentials.site().url == "https://acme.atlassian.net"
    assert f"Removed the {named} of Ana for https://acme.atlassian.net" in result.stderr
    assert page in result.stderr
    assert str(backup) in result.stderr
    assert "geheim" not in result.output


def test_without_a_stored_credential_it_says_so_and_names_the_one_that_is_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "geheim")

    result = run("disconnect")

    assert result.exit_code == 0
    assert "This home has no stored credential" in result.stderr
    assert "JIRA_API_TOKEN is still set in the environment" in result.stderr
