from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jira_assets.alerts.send import is_installed
from jira_assets.cli.commands import doctor_files
from jira_assets.cli.commands.doctor_files import file_system_of
from jira_assets.demo.http import faults, site_faults
from jira_assets.demo.http.faults import Fault
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.alerts.webhook import open_webhook
from jira_assets_tests.cli.conftest import Run, held_for_writing
from jira_assets_tests.sampling import sampled


def verdicts(run: Run) -> dict[str, list[str]]:
    """Run doctor and give the verdicts by check; every fault has to name its repair."""
    result = run("doctor", "--json")
    found: dict[str, list[str]] = {}
    for finding in json.loads(result.stdout):
        assert list(finding) == ["check", "verdict", "finding", "repair"]
        assert bool(finding["repair"]) is (finding["verdict"] != "ok"), finding
        found.setdefault(finding["check"], []).append(finding["verdict"])
    assert result.exit_code == any("failed" in each for each in found.values())
    return found


def store(state: State, settings: Settings, **changed: object) -> None:
    now = datetime.now(UTC)
    sealed = open_secret_box(None, settings.secret_key_file).seal({"access_token": "x"})
    credential = Credential("oauth", "a", "Ana", sealed, now, now, through_gateway=True)
    credential = replace(credential, **changed)  # type: ignore[arg-type]
    state.credentials.connect(ConnectedSite("c", "https://acme.atlassian.net"), credential)


def test_a_healthy_home_passes_every_check(
    run: Run, site: DemoSite, state: State, warehouse: Path, settings: Settings
) -> None:
    run("projects", "track", "--all")
    found = verdicts(run)
    assert found == {
        "settings": ["ok"],
        "files": ["ok"],
        "disk": found["disk"],
        "state": ["ok"],
        "credential": ["ok"],
        "jira": ["ok"],
        "clock": ["ok"],
        "projects": ["ok"],
        "scopes": ["ok"],
        "notices": ["ok"],
        "warehouse": ["ok"],
        "duckdb": ["ok"],
        "dagster": ["warning"],
    }
    told = run("doctor")
    assert (
        f"✓ jira: {site.render.base_url} accepts the API token of demo@example.com as Demo Analyst"
        in told.stdout
    )
    assert "    → jira-assets up" in told.stdout
    assert "demo-token" not in told.output


def test_a_home_without_anything_says_how_to_begin(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert (
        "✗ credential: No Jira site is connected: JIRA_SITE_URL, JIRA_EMAIL, JIRA_API_TOKEN not set."
        in result.stdout
    )
    assert "jira-assets connect" in result.stdout


def test_a_project_that_went_out_of_sight_is_named(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY", "WEB")
    site.hide_project("WEB")
    assert verdicts(run)["projects"] == ["failed"]
    assert "jira-assets projects untrack WEB" in run("doctor").stdout


def test_a_project_that_only_the_list_leaves_out_is_not_to_be_untracked(
    run: Run, site: DemoSite, warehouse: Path
) -> None:
    run("projects", "track", "PAY", "WEB")
    empty = {"values": [], "isLast": True, "total": 0}
    site.faults.add(faults.answer(200, json.dumps(empty), path="/rest/api/3/project/search"))
    told = run("doctor")
    assert "! projects: PAY is readable, but Jira's list of projects omits it." in told.stdout
    assert "! projects: Jira's list of projects is empty" in told.stdout
    assert "untrack" not in told.stdout


@pytest.mark.parametrize(
    ("fault", "said"),
    sampled(
        [
            (site_faults.ip_not_allowed, "add the public IP address of this machine to the IP allowlist"),
            (site_faults.site_unpaid, "Ask the site's billing contact"),
            (site_faults.page_unavailable, "Open the site in a browser"),
            (site_faults.edge_page, "5WD-17"),
            (site_faults.proxy_page, "Ask the owner of the proxy or firewall"),
        ]
    ),
)
@pytest.mark.parametrize("path", ["/rest/api/3/myself", "/rest/api/3/project/search", "/rest/api/3/project/"])
def test_a_refusal_of_the_whole_site_never_blames_a_project(
    run: Run, site: DemoSite, warehouse: Path, fault: Callable[..., Fault], said: str, path: str
) -> None:
    run("projects", "track", "PAY")
    if path.endswith("project/"):  # the project itself is asked when the list leaves it out
        empty = {"values": [], "isLast": True, "total": 0}
        site.faults.add(faults.answer(200, json.dumps(empty), path="/rest/api/3/project/search"))
    site.faults.add(fault(path=path))
    told = run("doctor")
    # A list that cannot be read stands beside the issues: a warning.
    assert told.exit_code == (0 if path.endswith("search") else 1)
    assert said in told.stdout
    assert "untrack" not in told.stdout
    assert "please report" not in told.stdout


@pytest.mark.parametrize(
    ("fault", "said"),
    sampled(
        [
            (faults.answer(403, '{"errorMessages": ["No."]}'), "Ask a Jira admin to give the account access"),
            (
                faults.answer(401, '{"message": "Unauthorized"}'),
                "Ask a Jira admin to give the account access",
            ),
            (faults.server_error(404), "Open the address in a browser"),
            (site_faults.ip_not_allowed(), "IP allowlist"),
        ]
    ),
)
def test_boards_that_are_refused_are_a_warning_with_the_repair_for_its_cause(
    run: Run, site: DemoSite, warehouse: Path, fault: Fault, said: str
) -> None:
    run("projects", "track", "PAY")
    site.faults.add(replace(fault, path="/rest/agile"))
    found = verdicts(run)
    assert (found["jira"], found["scopes"]) == (["ok"], ["warning"])
    told = run("doctor").stdout
    assert said in told
    assert "Check the e-mail" not in told


def test_a_missing_scope_and_a_wrong_clock_are_warned_of(
    run: Run, site: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = site.accounts.first
    account.scopes -= {"read:board-scope:jira-software"}
    monkeypatch.setenv("JIRA_CLOUD_ID", site.cloud_id)
    monkeypatch.setenv("JIRA_API_URL", site.render.base_url)
    site.clock.advance(timedelta(minutes=5))
    found = verdicts(run)
    assert (found["scopes"], found["clock"]) == (["warning"], ["warning"])


def test_a_token_of_the_environment_without_an_email_is_that_of_a_service_account(
    run: Run, site: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_EMAIL")
    monkeypatch.setenv("JIRA_API_TOKEN", site.add_service_account().token)
    monkeypatch.setenv("JIRA_CLOUD_ID", site.cloud_id)
    monkeypatch.setenv("JIRA_API_URL", site.render.base_url)
    found = json.loads(run("doctor", "--json").stdout)
    told = {finding["check"]: finding["finding"] for finding in found}
    assert told["credential"] == "API token from environment"
    assert told["jira"].endswith("accepts the API token as Sync Bot")


def test_files_that_others_may_read_are_named_with_the_command(
    run: Run, site: DemoSite, settings: Settings, state: State
) -> None:
    store(state, settings)
    settings.secret_key_file.chmod(0o644)
    os.environ.pop("JIRA_API_TOKEN")
    result = run("doctor")
    assert f"chmod 600 {settings.secret_key_file}" in result.stdout


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "ok"),
        (
            {"consent_lost_at": datetime(2026, 11, 1, tzinfo=UTC), "consent_lost_why": "invalid_grant."},
            "failed",
        ),
        ({"refreshed_at": datetime.now(UTC) - timedelta(days=80)}, "warning"),
        ({"secrets": "sealed with another key"}, "failed"),
    ],
)
def test_the_consent_is_watched(
    run: Run, home: Path, state: State, settings: Settings, changed: dict[str, object], verdict: str
) -> None:
    store(state, settings, **changed)
    assert verdicts(run)["credential"] == [verdict]


def test_status_says_that_syncs_have_stopped_and_how_to_go_on(
    run: Run, state: State, settings: Settings
) -> None:
    store(
        state, settings, consent_lost_at=datetime(2026, 11, 1, tzinfo=UTC), consent_lost_why="invalid_grant."
    )
    told = run("status")
    assert "! Syncs have stopped: invalid_grant. Detected 2026-11-01 00:00 UTC." in told.stderr
    assert "jira-assets connect" in told.stderr
    connection = json.loads(run("status", "--json").stdout)["connection"]
    assert (connection["account"], connection["kind"]) == ("Ana", "OAuth")
    assert run("sync").exit_code == 4


def test_a_broken_setting_is_a_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_SITE_URL", "ftp://acme")
    assert verdicts(run) == {"settings": ["failed"]}


def test_a_warehouse_that_does_not_open_is_a_finding(run: Run, settings: Settings, warehouse: Path) -> None:
    warehouse.write_bytes(b"no database")
    assert verdicts(run)["warehouse"] == ["failed"]


def test_a_warehouse_that_a_program_wrote_to_is_a_finding(run: Run, warehouse: Path) -> None:
    warehouse.with_name(f"{warehouse.name}.wal").write_bytes(b"")
    assert "jira-assets publish" in run("doctor").stdout
    assert verdicts(run)["warehouse"] == ["warning", "ok"]


def test_a_warehouse_that_is_open_for_writing_is_a_finding(run: Run, warehouse: Path) -> None:
    with held_for_writing(warehouse) as process:
        told = run("doctor").stdout
        assert verdicts(run)["warehouse"] == ["failed"]
    assert f"Process {process.pid} (" in told
    assert "jira-assets publish" in told


@pytest.mark.parametrize("kind", ["nfs4", "cifs"])
def test_a_network_disk_is_refused(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    monkeypatch.setattr(doctor_files, "_MOUNTS", mounts)
    assert file_system_of(tmp_path / "home") == kind
    assert verdicts(run)["disk"][0] == "failed"


@pytest.mark.parametrize(("free", "verdict"), [(10 * 2**30, "ok"), (2**30, "warning"), (2**20, "failed")])
def test_little_space_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    usage: Callable[[object], object] = lambda _: type("Usage", (), {"free": free})  # noqa: E731
    monkeypatch.setattr("shutil.disk_usage", usage)
    assert verdicts(run)["disk"][-1] == verdict


needs_apprise = pytest.mark.skipif(not is_installed(), reason="apprise is not installed")


def test_the_alert_test_names_the_setting_where_it_is_missing(run: Run) -> None:
    result = run("doctor", "--alert-test")
    assert result.exit_code == 1
    assert "✗ alerts: JIRA_ASSETS_ALERT_URLS is not set: no alert is sent." in result.stdout


@pytest.mark.parametrize("options", [[], ["--alert-test"]])
def test_urls_without_the_package_are_a_fault_with_the_command_that_installs_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("JIRA_ASSETS_ALERT_URLS", "json://127.0.0.1:9")
    monkeypatch.setattr("jira_assets.cli.commands.doctor_alerts.is_installed", lambda: False)
    result = run("doctor", *options)
    assert result.exit_code == 1
    assert (
        "✗ alerts: The package apprise is not installed: no alert is sent.\n"
        "    → python -m pip install apprise" in result.stdout
    )


@needs_apprise
def test_the_alert_test_says_for_each_url_whether_it_went_through(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_webhook() as webhook:
        closed = "slack://PLANTED"
        monkeypatch.setenv("JIRA_ASSETS_ALERT_URLS", f"{webhook.url}, {closed}")
        result = run("doctor", "--alert-test")
    assert result.exit_code == 1
    assert "✓ alerts: json://127.0.0.1 (URL 1): the test message went through" in result.stdout
    assert "✗ alerts: slack://… (URL 2): apprise does not accept this URL" in result.stdout
    assert "    → Compare the URL in the environment with docs/operations.md" in result.stdout
    assert [received["title"] for received in webhook.received] == ["jira_assets: test"]
    assert "PLANTED" not in result.output


@pytest.mark.parametrize("line", ["JIRA_API_TOKEN=a-token", "JIRA_ASSETS_ALERT_URLS=json://me:pass@h"])
def test_a_dotenv_with_a_secret_that_others_may_read_is_named(run: Run, home: Path, line: str) -> None:
    dotenv = Path(".env")
    dotenv.write_text(line)
    dotenv.chmod(0o644)
    held = f"! files: {dotenv.absolute()} contains {line.partition('=')[0]} and is readable by other users."
    assert held in run("doctor").stdout
    dotenv.chmod(0o600)
    assert held not in run("doctor").stdout


@pytest.mark.parametrize(
    ("variable", "check"),
    [("JIRA_ASSETS_TEAM", "team"), ("JIRA_ASSETS_PULL_REQUESTS", "pull_requests")],
)
def test_a_source_that_cannot_be_read_is_named_with_its_setting(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, check: str
) -> None:
    monkeypatch.setenv(variable, "exports.duckdb#members")
    told = run("doctor").stdout
    assert f"✗ {check}: {variable}: exports.duckdb#members cannot be read: the file does not exist." in told
    assert f"Check the path, which is relative to {tmp_path}." in told


@pytest.mark.parametrize(
    ("variable", "content"),
    [
        ("JIRA_ASSETS_TEAM", "member_id,display_name,email\n1,Ann,ann@example.com\n"),
        ("JIRA_ASSETS_PULL_REQUESTS", "repository,number,title,created_at\nr,1,PAY-1,2026-01-01\n"),
    ],
)
def test_a_source_that_can_be_read_passes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: str
) -> None:
    (tmp_path / "table.csv").write_text(content, encoding="utf-8")
    monkeypatch.setenv(variable, str(tmp_path / "table.csv"))
    assert f"✓ {variable.removeprefix('JIRA_ASSETS_').lower()}: " in run("doctor").stdout


def test_a_key_that_is_missing_is_named_by_status_and_doctor(
    run: Run, state: State, settings: Settings
) -> None:
    store(state, settings)
    settings.secret_key_file.unlink()

    shown, examined = run("status"), run("doctor")

    assert shown.exit_code == 4
    for told in (shown.stderr, examined.stdout):
        assert (
            f"The key that encrypted the stored credential is missing: there is no {settings.secret_key_file}"
            in told
        )
        assert "Restore the key, or run `jira-assets connect` again." in told
    assert not settings.secret_key_file.exists()
