"""`jira-assets up` in Chromium: a person at work in Dagster, and pages of others that want to be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from jira_assets_tests.waiting import wait_until
from jira_assets_tests.web.browser import chromium, served

pytestmark = pytest.mark.prove

REBOUND = "rebound.example"
"""A name of somebody else's that leads to this machine."""

SENSORS = """{ sensorsOrError(repositorySelector: {
  repositoryName: "__repository__", repositoryLocationName: "jira_assets"
}) { ... on Sensors { results { name id sensorState { id status selectorId } } } } }"""
RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"
LAUNCH = """mutation { launchRun(executionParams: {
  selector: {
    repositoryName: "__repository__", repositoryLocationName: "jira_assets", jobName: "publish_warehouse"
  },
  runConfigData: "{}"
}) { __typename } }"""

ATTEMPTS = """
async ({ target, queries }) => {
  const got = [];
  const note = (way, answer) => got.push(`${way}: ${answer}`);
  for (const query of queries) {
    const address = `${target}/dagster/graphql?query=${encodeURIComponent(query)}`;
    const body = JSON.stringify({ query });
    const posts = { "text/plain": body, "application/json": body, "application/graphql": query };
    for (const mode of ["cors", "no-cors"]) {
      await fetch(address, { mode, credentials: "include" }).then(
        async (answer) => note(`get ${mode}`, await answer.text()), () => {});
      for (const [kind, sent] of Object.entries(posts)) {
        const options = { mode, method: "POST", body: sent, headers: { "content-type": kind } };
        await fetch(`${target}/dagster/graphql`, { ...options, credentials: "include" }).then(
          async (answer) => note(`post ${kind} ${mode}`, await answer.text()), () => {});
      }
      await fetch(address, { mode, method: "POST" }).then(
        async (answer) => note(`post ${mode}`, await answer.text()), () => {});
    }
    for (const tag of ["img", "script", "iframe"]) {
      await new Promise((done) => {
        const made = document.createElement(tag);
        made.onload = made.onerror = done;
        made.src = address;
        document.body.append(made);
      });
    }
    const name = `sent${document.forms.length}`;
    const frame = Object.assign(document.createElement("iframe"), { name });
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: address, target: name });
    document.body.append(frame, form);
    await new Promise((done) => {
      frame.onload = done;
      form.submit();
      setTimeout(done, 2000); // a frame that is refused may say nothing
    });
    await new Promise((done) => {
      const socket = new WebSocket(`${target.replace("http", "ws")}/dagster/graphql`, "graphql-ws");
      socket.onopen = () => {
        note("websocket", "open");
        socket.send(JSON.stringify({ type: "start", id: "1", payload: { query } }));
      };
      socket.onmessage = (message) => { note("websocket", message.data); done(); };
      socket.onerror = socket.onclose = done;
    });
  }
  return got.filter((answer) => /data|Sensor|runId|open/.test(answer));
}
"""


@contextmanager
def jira_assets_up(home: Path) -> Iterator[str]:
    """Run the command on a home in which nothing is connected; yield the address of the page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "up", "--port", str(port)]
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "DAGSTER_"))
    }
    environ["JIRA_ASSETS_HOME"] = str(home)
    log = home.with_suffix(".log")
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environ) as up:
        try:
            wait_for(f"http://127.0.0.1:{port}/dagster/server_info")
            yield f"http://127.0.0.1:{port}"
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)


def wait_for(address: str) -> None:
    """Wait until Dagster answers."""

    def answers() -> bool:
        with suppress(requests.ConnectionError):
            return requests.get(address, timeout=60).ok
        return False

    wait_until(answers, 90)


def ask(address: str, query: str) -> str:
    """Ask Dagster as a program of this machine may."""
    return requests.post(f"{address}/dagster/graphql", json={"query": query}, timeout=60).text


def stop(address: str) -> str:
    """Write the mutation that would stop a sensor."""
    sensors = requests.post(f"{address}/dagster/graphql", json={"query": SENSORS}, timeout=60).json()
    found = sensors["data"]["sensorsOrError"]["results"]
    sensor = next(sensor for sensor in found if sensor["name"] == "jira_changes")
    assert sensor["sensorState"]["status"] == "RUNNING"
    return f'mutation {{ stopSensor(id: "{sensor["id"]}") {{ __typename }} }}'


def test_pages_of_others_reach_nothing_and_the_person_everything(tmp_path: Path) -> None:
    elsewhere = Starlette(routes=[Route("/", lambda _: HTMLResponse("<body>Somebody else's page</body>"))])
    rules = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
    with jira_assets_up(tmp_path / "home") as address, served(elsewhere) as other, chromium(rules) as browser:
        queries = [LAUNCH, stop(address), SENSORS, RUNS]
        port, other_port = address.rpartition(":")[2], other.rpartition(":")[2]
        page = browser.new_page()
        for attacker, target in (
            (other, address),  # another port of this machine
            (f"http://{REBOUND}:{other_port}", address),  # another site
            (f"http://{REBOUND}:{other_port}", f"http://{REBOUND}:{port}"),  # its name leads here by now
        ):
            page.goto(attacker)
            assert page.evaluate(ATTEMPTS, {"target": target, "queries": queries}) == [], attacker
        answer = page.goto(f"http://{REBOUND}:{port}/dagster/runs")
        assert answer is not None
        assert answer.status == 400
        page.close()
        assert "runId" not in ask(address, RUNS)
        stop(address)  # the sensor runs as before

        work_in_dagster(browser.new_page(viewport={"width": 1400, "height": 900}), address)
        assert "runId" in ask(address, RUNS)


def work_in_dagster(page: Page, address: str) -> None:
    """Look at the lineage, load the code again, launch a run, and read its log as it is written."""
    page.set_default_timeout(60_000)
    page.goto(f"{address}/")
    page.get_by_role("link", name="Dagster", exact=True).click()
    page.wait_for_url("**/dagster/**")
    page.goto(f"{address}/dagster/asset-groups")
    expect(page.get_by_text("warehouse").first).to_be_visible(timeout=60_000)
    page.goto(f"{address}/dagster/locations")
    page.get_by_text("Reload", exact=True).click()
    expect(page.get_by_text("Loaded", exact=True)).to_be_visible(timeout=60_000)
    page.goto(f"{address}/dagster/locations/jira_assets/jobs/publish_warehouse/playground")
    frames: list[str | bytes] = []
    page.on("websocket", lambda opened: opened.on("framereceived", lambda frame: frames.append(frame)))
    page.get_by_role("button", name="Launch run").click()
    page.wait_for_url("**/dagster/runs/*")
    expect(page.get_by_text("RUN_STARTING")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("STEP_START", exact=True)).to_be_visible(timeout=60_000)
    assert any("STEP_START" in str(frame) or "ExecutionStepStartEvent" in str(frame) for frame in frames)
