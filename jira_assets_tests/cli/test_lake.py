"""`jira-assets lake move` copies the lake of a home, says what to set, and what is lacking."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from jira_assets.demo.site import DemoSite
from jira_assets.lake.home_lake import lake_of_first_site
from jira_assets.settings.load import load_settings
from jira_assets_tests.cli.conftest import Run


@pytest.fixture
def on_postgres(home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the state in PostgreSQL and the key in the environment; return the key."""
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("JIRA_ASSETS_STATE_URL", postgres_url)
    monkeypatch.setenv("JIRA_ASSETS_SECRET_KEY", key)
    return key


@pytest.mark.few_tables
def test_a_home_moves_to_a_store_and_back(
    run: Run, home: Path, site: DemoSite, on_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("projects", "track", "PAY")
    assert run("sync").exit_code == 0
    address = f"file://{home}-store"
    with monkeypatch.context() as patch:
        patch.setenv("JIRA_ASSETS_LAKE", address)
        doctor = run("doctor")
        assert f"! store: {address} has no project, and {home}/lake has some" in doctor.stdout
        assert f"→ Unset JIRA_ASSETS_LAKE, then: jira-assets lake move {address}" in doctor.stdout

    moved = run("lake", "move", address)
    assert moved.exit_code == 0, moved.output
    assert moved.stdout == f"JIRA_ASSETS_LAKE={address}\n"
    assert f"{address} has 1 project; " in moved.stderr
    assert "0 files of 0.0 MB were copied now" in run("lake", "move", address).stderr

    monkeypatch.setenv("JIRA_ASSETS_LAKE", address)
    monkeypatch.setenv("JIRA_ASSETS_HOME", f"{home}-of-another-host")
    done = run("sync", "--full")
    assert done.exit_code == 0, done.output
    with lake_of_first_site(load_settings()) as lake:
        assert [manifest.project_key for manifest in lake.manifests()] == ["PAY"]
    doctor = run("doctor")
    assert f"✓ store: {address} can be written, read, listed and deleted from" in doctor.stdout
    assert "✓ lake: " in doctor.stdout
    assert on_postgres not in doctor.output

    back = run("lake", "move", f"{home}/lake")
    assert back.exit_code == 0, back.output
    assert back.stdout == f"unset JIRA_ASSETS_LAKE\nJIRA_ASSETS_HOME={home}\n"
    monkeypatch.delenv("JIRA_ASSETS_LAKE")
    monkeypatch.setenv("JIRA_ASSETS_HOME", str(home))
    assert run("sync").exit_code == 0
    assert run("status").exit_code == 0


def test_a_store_needs_a_state_and_a_key_that_hosts_share(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("lake", "move", "s3://acme/jira")
    assert result.exit_code == 1
    assert (
        "Set JIRA_ASSETS_STATE_URL to postgresql+psycopg2://user:password@host/database and " in result.stderr
    )
    assert "JIRA_ASSETS_SECRET_KEY" in result.stderr

    monkeypatch.setenv("JIRA_ASSETS_LAKE", "s3://acme/jira")
    for command in ("status", "sync", "publish", "config", "up"):
        refused = run(command)
        assert refused.exit_code == 1, command
        assert (
            "JIRA_ASSETS_LAKE is s3://acme/jira, but the state or the key is in the folder" in refused.stderr
        )
    assert "✗ settings: JIRA_ASSETS_LAKE is s3://acme/jira" in run("doctor").stdout


def test_where_a_lake_cannot_be(run: Run, home: Path, on_postgres: str) -> None:
    assert "A home has it in a folder: " in run("lake", "move", str(home / "elsewhere")).stderr
    assert "is the lake of this home" in run("lake", "move", str(home / "lake")).stderr
    assert "is not of the form s3://bucket/prefix" in run("lake", "move", "ftp://acme/jira").stderr
    assert "contains credentials" in run("lake", "move", "s3://key:secret@acme/jira").stderr


def test_a_store_that_does_not_answer_is_named(
    run: Run, home: Path, on_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "key-id",
        "AWS_SECRET_ACCESS_KEY": "secret-of-the-store",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("jira_assets.lake.storage.bucket._RETRY", {"max_retries": 0})
    monkeypatch.setenv("JIRA_ASSETS_LAKE", "s3://acme/jira")
    found = run("doctor")
    assert found.exit_code == 1
    assert "✗ store: Could not write probe/" in found.stdout
    assert (
        "s3://acme/jira: Generic S3 error: Error performing PUT http://127.0.0.1:9/acme/jira/probe"
        in found.stdout
    )
    assert "secret-of-the-store" not in found.output


def test_the_client_of_stores_is_an_extra(
    run: Run, home: Path, on_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jira_assets.lake.storage.bucket", None)
    address = "s3://acme/not-opened-before"
    assert "pip install 'jira_assets[shared]'" in run("lake", "move", address).stderr
    monkeypatch.setenv("JIRA_ASSETS_LAKE", address)
    assert "the package obstore is not installed" in run("status").stderr
    assert (
        f"✗ store: JIRA_ASSETS_LAKE is {address}, and the package obstore is not installed."
        in run("doctor").stdout
    )
