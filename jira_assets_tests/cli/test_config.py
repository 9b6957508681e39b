from __future__ import annotations

import json

import pytest

from jira_assets.setting_table import SETTINGS
from jira_assets.state import State
from jira_assets_tests.cli.conftest import Run


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
        ["JIRA_ASSETS_MEMORY_LIMIT", "1GB", "state"]
    ]
    run("config", "set", "JIRA_ASSETS_MEMORY_LIMIT")
    assert state.site_settings() == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["JIRA_ASSETS_MEMORY_LIMIT", "a lot"], "not an amount of memory"),
        (["JIRA_API_TOKEN", "ATATT3xFfGF0"], "cannot be kept"),
        (["JIRA_ASSETS_HOME", "/"], "cannot be kept"),
        (["JIRA_ASSETS_MEMORY", "1GB"], "Did you mean JIRA_ASSETS_MEMORY_LIMIT?"),
    ],
)
def test_only_what_makes_sense_is_kept(run: Run, state: State, words: list[str], told: str) -> None:
    result = run("config", "set", *words)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "ATATT" not in result.stderr
    assert state.site_settings() == {}


def test_a_misspelt_variable_is_mentioned(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_ASSETS_MAX_INFLIGHT", "3")
    assert "Did you mean JIRA_ASSETS_MAX_IN_FLIGHT?" in run("config").stderr


def test_a_bad_setting_ends_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_SITE_URL", "ftp://acme")
    result = run("status")
    assert result.exit_code == 1
    assert "Error: JIRA_SITE_URL, from the environment," in result.stderr
