from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from build_backend.charts import BUNDLE, build_bundle
from jira_assets.errors import InputError, SettingsError
from jira_assets.settings.load import load_settings
from jira_assets.web.serve import serve
from jira_assets.web.static_files import CHARTS_BUNDLE, STATIC
from jira_assets_tests.child_process import child_process
from jira_assets_tests.web.conftest import Page
from jira_assets_tests.web.hand_made import CONNECTED


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()"]
    environ = {**os.environ, "JIRA_ASSETS_HOME": str(tmp_path)}
    with child_process([*command, "web", "--port", "0"], stderr=subprocess.PIPE, env=environ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[4].rstrip(".")
        assert address.startswith("http://127.0.0.1:")
        answer = requests.get(address, timeout=20)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
        assert process.wait(20) in (0, 130)


def test_a_taken_port_is_told_in_words(tmp_path: Path) -> None:
    settings = load_settings({"home": str(tmp_path)}, CONNECTED, dotenv=None)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="cannot listen"):
        serve(lambda: settings, port=taken.getsockname()[1])


def test_an_open_bind_without_a_token_serves_nothing(tmp_path: Path) -> None:
    settings = load_settings({"home": str(tmp_path)}, CONNECTED, dotenv=None)
    with pytest.raises(SettingsError, match="expose the page to the network"):
        serve(lambda: settings, bind="0.0.0.0", port=0)  # noqa: S104  # that is what is refused


@pytest.mark.prove
def test_the_bundle_is_built_out_of_the_pinned_package(tmp_path: Path) -> None:
    text = build_bundle(tmp_path / "vendor" / "charts.js").read_text(encoding="utf-8")
    assert text.startswith("/* Vega ")
    assert "window.vegaEmbed" in text
    assert [file.name for file in (tmp_path / "vendor").iterdir()] == ["charts.js"]
    assert BUNDLE == STATIC / CHARTS_BUNDLE


def test_what_draws_charts_is_asked_for_once_for_each_version(page: Page) -> None:
    style = page.get("/").split('rel="stylesheet" href="')[1].split('"')[0]
    answer = page.client.get(style)
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in page.client.get("/static/style.css").headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/%2e%2e/desk.py", "/static//etc/passwd"])
def test_no_other_file_is_served(page: Page, path: str) -> None:
    assert page.client.get(path).status_code == 404
