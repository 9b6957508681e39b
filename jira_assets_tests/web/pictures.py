"""Make the pictures of README and docs: `make pictures`."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site, sample_team
from jira_assets.state import TeamMember
from jira_assets.web.application import create_app
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.web.browser import Visit, chromium, served, visit

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SHOTS = {
    "sync": ("/", 1200, 640),
    "projects": ("/projects", 1200, 600),
    "people": ("/people", 1200, 860),
    "flow": ("/flow?project=PAY&weeks=26", 1200, 1130),
    "progress": ("/flow?project=PAY&weeks=26#board_wip", 1200, 900),
}
"""The address of each picture, with the element at its top, its width and its height."""


def take_pictures(folder: Path) -> None:
    """Look at every page, and at one of them in the dark and on a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    data = generate_site(1, projects=4, issues=2000, now_ms=now_ms)
    with tempfile.TemporaryDirectory() as home, open_harness(Path(home), data, frozen=False) as harness:
        tell_a_story(harness, data)
        with served(create_app(lambda: harness.pipeline.settings)) as address, chromium() as browser:
            with visit(browser, address, color_scheme="light") as look:
                for name, (path, width, height) in SHOTS.items():
                    take(look, path, width, height, folder / f"{name}-light.png")
            with visit(browser, address, color_scheme="dark") as look:
                take(look, *SHOTS["flow"], folder / "flow-dark.png")
            with visit(browser, address, device_scale_factor=2) as look:
                take(look, "/flow?project=PAY&weeks=26", 390, 844, folder / "flow-phone.png")


def tell_a_story(harness: SyncHarness, data: SiteData) -> None:
    """Sync everything; then one project fails, one is asked for, and the team is known."""
    state = harness.pipeline.state
    harness.track()
    state.team.replace(TeamMember(**member) for member in sample_team(data))  # type: ignore[arg-type]
    harness.sync()
    harness.publish()
    records = {record.project_key: record for record in state.records.all()}
    failing = replace(
        records["OPS"],
        status="error",
        errors=2,
        last_success_at=datetime.now(UTC) - timedelta(hours=3),
        last_error="Jira refuses OPS to this account (403).",
        last_instruction="Ask the project's admin for “Browse projects”; the other projects go on.",
    )
    state.records.put(failing)
    for key in ("PAY", "WEB"):
        state.records.put(replace(records[key], proved_complete_at=datetime.now(UTC), missing_issues=0))
    state.sync_requests.add(records["MOB"].project_id)


def take(look: Visit, path: str, width: int, height: int, file: Path) -> None:
    """Take one picture once everything in it is drawn."""
    look.page.set_viewport_size({"width": width, "height": height})
    look.open(path)
    look.see_all()
    _, _, top = path.partition("#")
    at_top = f"document.getElementById('{top}').closest('section').scrollIntoView()"
    look.page.evaluate(at_top if top else "scrollTo(0, 0)")
    look.page.mouse.move(0, 0)
    look.page.wait_for_timeout(300)
    look.page.screenshot(path=file)
    sys.stderr.write(f"{file}\n")


if __name__ == "__main__":
    take_pictures(IMAGES)
