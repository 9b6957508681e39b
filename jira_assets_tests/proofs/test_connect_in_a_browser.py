"""A person with a real browser: from `connect` to tables, through the consent page."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, sync_playwright

from jira_assets.auth.callback_server import callback_url
from jira_assets.demo.clock import VirtualClock
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.programs import find_chromium

COMMAND = [sys.executable, "-c", "from jira_assets.cli import main; main()"]


@contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page in Debian's Chromium; `make test` installs it where it is missing."""
    program = find_chromium()
    with sync_playwright() as playwright:
        # Without a sandbox: root may not have one, and the only site it visits is our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser.new_page()
        finally:
            browser.close()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Be somebody who knows nothing but the app."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "DAGSTER"))}
    kept.pop("BROWSER", None)
    kept.pop("DISPLAY", None)
    paths = os.pathsep.join(path for path in sys.path if path)
    return kept | {"JIRA_ASSETS_HOME": str(tmp_path / "home"), "PYTHONPATH": paths}


def run(environ: dict[str, str], cwd: Path, *words: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words], env=environ, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def connect(environ: dict[str, str], cwd: Path, page: Page) -> str:
    """Type `connect`, open the address it shows, agree, and return what it said."""
    with subprocess.Popen(
        [*COMMAND, "connect"],
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told: list[str] = []
        for line in process.stderr:
            told.append(line)
            if address := re.match(r"http\S+/authorize\S+", line):
                agree(page, address.group())
        process.wait(60)
    assert process.returncode == 0, "".join(told)
    return "".join(told)


def agree(page: Page, address: str) -> None:
    page.goto(address)
    assert "read:jira-work" in page.inner_text("ul")
    page.click("text=Accept")
    assert page.inner_text("h1") == "Consent received"


@pytest.mark.prove
def test_a_consent_in_chromium_leads_to_a_finished_sync(tmp_path: Path, environ: dict[str, str]) -> None:
    clock = VirtualClock()
    site = DemoSite(generate_site(1, projects=2, issues=10, now_ms=clock.now_ms()), clock=clock)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site.oauth.app.callbacks = {callback_url(port)}
    with DemoServer(site) as server, browser_page() as page:
        environ |= {
            "JIRA_API_URL": server.url,
            "JIRA_AUTH_URL": server.url,
            "JIRA_CLIENT_ID": site.oauth.app.client_id,
            "JIRA_CLIENT_SECRET": site.oauth.app.client_secret,
            "JIRA_OAUTH_CALLBACK_PORT": str(port),
        }
        told = connect(environ, tmp_path, page)
        assert "as Demo Analyst (demo@example.com), by OAuth." in told
        assert "2 projects visible" in told
        run(environ, tmp_path, "projects", "track", "--all")
        assert "complete" in run(environ, tmp_path, "sync")
    with duckdb.connect(str(tmp_path / "home" / "warehouse" / "jira.duckdb"), read_only=True) as warehouse:
        issues = warehouse.execute("select jira_id from jira_issues").fetchall()
    assert {issue for (issue,) in issues} == set(site.issues_truth())
