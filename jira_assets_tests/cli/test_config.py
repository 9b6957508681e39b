from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from jira_assets.memory import default_memory_limit
from jira_assets.settings.load import Settings
from jira_assets.settings.table import SETTINGS
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.cli.conftest import Run

TOKEN = "ATATT3xFfGF0-not-a-real-one-9f2c"


def test_every_setting_is_shown_with_its_source(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "ATATT3xFfGF0-secret-9f2c")
    result = run("config", "--json")
    settings = {setting["env"]: setting for setting in json.loads(result.stdout)}
    assert list(settings) == [setting.env for setting in SETTINGS]
    assert settings["JIRA_API_TOKEN"] == {
        "name": "jira_api_token",
        "env": "JIRA_API_TOKEN",
        "value": "…9f2c",
        "source": "environment",
        "description": "API token of that account.",
    }
    assert "secret" not in run("config").output


def test_a_setting_can_be_kept_and_forgotten(run: Run, state: State) -> None:
    assert run("config", "set", "jira_assets_memory_limit", "1GB").exit_code == 0
    lines = run("config").stdout.splitlines()
    assert [line.split() for line in lines if "MEMORY" in line] == [
        ["JIRA_ASSETS_MEMORY_LIMIT", "state", "1GB"]
    ]
    run("config", "set", "JIRA_ASSETS_MEMORY_LIMIT")
    assert state.settings.all() == {}
    lines = run("config").stdout.splitlines()
    assert [line.split() for line in lines if "MEMORY" in line] == [
        ["JIRA_ASSETS_MEMORY_LIMIT", "default", default_memory_limit()]
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["JIRA_ASSETS_MEMORY_LIMIT", "a lot"], "not an amount of memory"),
        (["JIRA_API_TOKEN", "ATATT3xFfGF0"], "is a secret"),
        (["jira_client_secret", "s"], "`jira-assets connect`"),
        (["JIRA_ASSETS_SECRET_KEY", "s"], "secret.key in the home"),
        (["JIRA_EMAIL", TOKEN], "looks like an Atlassian token"),
        (["JIRA_EMAIL=ana@acme.com"], "jira-assets config set JIRA_EMAIL VALUE"),
        (["JIRA_ASSETS_STATE_URL", "sqlite:///x.db"], "it is needed to find the state"),
        (["COLOUR", "red"], "`jira-assets config` lists all settings"),
        (["JIRA_ASSETS_HOME", "/"], "cannot be stored"),
        (["JIRA_ASSETS_MEMORY", "1GB"], "Did you mean JIRA_ASSETS_MEMORY_LIMIT?"),
    ],
)
def test_only_what_makes_sense_is_kept(run: Run, state: State, words: list[str], told: str) -> None:
    result = run("config", "set", *words)
    assert result.exit_code == 1
    assert told in result.stderr
    assert TOKEN not in result.output
    assert "ATATT" not in result.stderr
    assert state.settings.all() == {}


def test_a_misspelt_variable_is_mentioned(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_ASSETS_MAX_INFLIGHT", "3")
    Path(".env").write_text("JIRA_API_TOKN=secret-of-somebody", encoding="utf-8")
    told = run("config").stderr
    assert "Did you mean JIRA_ASSETS_MAX_IN_FLIGHT?" in told
    assert (
        "JIRA_API_TOKN is set in .env, but there is no setting with that name. Did you mean JIRA_API_TOKEN?"
        in told
    )
    assert "secret-of-somebody" not in told


def test_a_bad_setting_ends_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_SITE_URL", "ftp://acme")
    result = run("status")
    assert result.exit_code == 1
    assert "Error: JIRA_SITE_URL, from the environment," in result.stderr


def test_the_key_of_the_credential_is_replaced(run: Run, state: State, settings: Settings) -> None:
    file, now = settings.secret_key_file, datetime.now(UTC)
    sealed = open_secret_box(None, file).seal({"api_token": "t"})
    state.credentials.connect(
        ConnectedSite("c", "https://acme.atlassian.net"),
        Credential("api_token", "a", "Ana", sealed, now, now),
    )
    before = file.read_text()
    result = run("config", "rotate-key")
    assert "The stored credential was encrypted with the newest key." in result.stderr
    assert file.read_text() != before
    assert len(file.read_text().splitlines()) == 1
    credential = state.credentials.current()
    assert credential is not None
    assert open_secret_box(None, file).open(credential.secrets) == {"api_token": "t"}


def test_the_key_is_replaced_for_the_credentials_of_all_sites(
    run: Run, state: State, settings: Settings
) -> None:
    file, now = settings.secret_key_file, datetime.now(UTC)
    first = ConnectedSite("c", "https://ours.atlassian.net")
    acme = state.sites.add(ConnectedSite("d", "https://acme.atlassian.net", short_name="acme"))
    for site, token in ((first, "t"), (acme, "u")):
        sealed = open_secret_box(None, file).seal({"api_token": token})
        state.of(site).credentials.connect(site, Credential("api_token", "a", "Ana", sealed, now, now))
    result = run("config", "rotate-key")
    assert "The 2 stored credentials were encrypted with the newest key." in result.stderr
    box = open_secret_box(None, file)
    kept = [state.of(site).credentials.current() for site in (first, acme)]
    assert [box.open(each.secrets)["api_token"] for each in kept if each] == ["t", "u"]


def test_a_key_of_the_environment_is_replaced_by_its_owner(
    run: Run, state: State, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    now = datetime.now(UTC)
    sealed = open_secret_box(old, settings.secret_key_file).seal({"api_token": "t"})
    state.credentials.connect(
        ConnectedSite("c", "https://acme.atlassian.net"),
        Credential("api_token", "a", "Ana", sealed, now, now),
    )
    monkeypatch.setenv("JIRA_ASSETS_SECRET_KEY", f"{new},{old}")
    assert run("config", "rotate-key").exit_code == 0
    credential = state.credentials.current()
    assert credential is not None
    assert open_secret_box(new, settings.secret_key_file).open(credential.secrets) == {"api_token": "t"}
    assert not settings.secret_key_file.exists()


def test_a_setting_may_be_named_in_short_and_is_confirmed_by_its_variable(run: Run) -> None:
    assert "JIRA_ASSETS_MEMORY_LIMIT was stored." in run("config", "set", "memory_limit", "1GB").stderr
    assert "JIRA_ASSETS_MEMORY_LIMIT was removed." in run("config", "set", "memory_limit").stderr


def test_what_is_no_address_is_refused_as_e_mail(run: Run) -> None:
    told = run("config", "set", "JIRA_EMAIL", "ann").stderr
    assert "JIRA_EMAIL ('ann'), from the command line, is not an e-mail address" in told
