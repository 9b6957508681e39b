"""The page as a person meets it: in Chromium, with the network cut."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from jira_assets.demo.generate.generate import generate_site
from jira_assets.state import TeamMember
from jira_assets.warehouse.read import open_warehouse
from jira_assets.web.application import create_app
from jira_assets.web.queries.flow_filter import WINDOWS
from jira_assets.web.queries.panels import PANELS
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.programs import lacking
from jira_assets_tests.sampling import sampled
from jira_assets_tests.web.browser import AXE, Visit, chromium, served, visit
from jira_assets_tests.web.published_site import HOSTILE

PAGES = ("/", "/projects", "/people", "/flow?project=PAY&weeks=26")
# What a page began to do by then, as going to another address, has shown.
SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(full_site: SyncHarness) -> Iterator[str]:
    with served(create_app(lambda: full_site.pipeline.settings)) as opened:
        yield opened


def check(visitor: Visit) -> None:
    assert visitor.trouble == [], "nothing was refused by the policy, and no script failed"
    assert visitor.elsewhere == [], "no request left the machine"
    assert visitor.page.evaluate("window.hacked") is None, "no text of anybody became script"


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visit]:
    with visit(browser, address) as opened:
        yield opened
        check(opened)


@pytest.fixture(scope="module")
def all_drawn(browser: Browser, address: str) -> Iterator[Visit]:
    """A page on which all charts are drawn: for tests that only look at it, since that takes some seconds."""
    with visit(browser, address, viewport={"width": 1200, "height": 900}) as opened:
        opened.open("/flow?project=PAY&weeks=52")
        opened.see_all()
        yield opened
        check(opened)


@contextmanager
def connected_home(home: Path, issues: int) -> Iterator[tuple[SyncHarness, str]]:
    """Serve the page of a home that tracks nothing yet."""
    data = generate_site(7, projects=2, issues=issues, now_ms=time.time_ns() // 1_000_000)
    with (
        # The page tells the age of a sync by the clock of this machine.
        open_harness(home, data, frozen=False) as harness,
        served(create_app(lambda: harness.pipeline.settings)) as address,
    ):
        yield harness, address


def track_and_sync(admin: Visit, harness: SyncHarness) -> None:
    """Choose a project, ask for a sync of it, and see that it is up to date."""
    page, state = admin.page, harness.pipeline.state
    admin.open("/")
    expect(page.get_by_text("No project is tracked yet")).to_be_visible()
    page.get_by_role("link", name="Choose projects").click()
    page.get_by_label("PAY").check()
    expect(page.get_by_text("1 change not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 project newly tracked")).to_be_visible()

    page.get_by_role("link", name="Sync", exact=True).first.click()
    expect(page.locator("[data-label=State] .pill")).to_have_text("Not synced yet")
    page.get_by_role("button", name="Sync now", exact=True).click()
    expect(page.locator("[data-label=State] .pill")).to_have_text("Sync requested")
    harness.sync()  # as the sensor does
    harness.publish()
    state.sync_requests.clear([request.request_id for request in state.sync_requests.all()])
    expect(page.locator("[data-label=State] .pill")).to_have_text("Up to date", timeout=15_000)  # by itself


@pytest.mark.few_tables
def test_an_admin_comes_tracks_and_syncs(browser: Browser, tmp_path: Path) -> None:
    with (
        connected_home(tmp_path / "home", issues=24) as (harness, address),
        visit(browser, address) as admin,
    ):
        track_and_sync(admin, harness)
        assert (admin.trouble, admin.elsewhere) == ([], [])


@pytest.mark.prove
def test_an_admin_comes_tracks_syncs_matches_and_looks(browser: Browser, tmp_path: Path) -> None:
    with (
        connected_home(tmp_path / "home", issues=240) as (harness, address),
        visit(browser, address, accept_downloads=True) as admin,
    ):
        page, state = admin.page, harness.pipeline.state
        track_and_sync(admin, harness)

        state.team.replace([TeamMember("m1", "Ana Silva")])
        page.get_by_role("link", name="People").click()
        row = page.locator("tbody tr").first
        account = row.locator("[name=account_id]").get_attribute("value")
        row.get_by_placeholder("Team member").fill("Ana Silva")
        row.get_by_role("button", name="Match", exact=True).click()
        expect(page.get_by_text("Matched.")).to_be_visible()
        assert [(o.account_id, o.member_id) for o in state.team.overrides()] == [(account, "m1")]

        page.get_by_role("link", name="Flow").click()
        admin.see_all()
        before = page.locator("[data-panel=cycle_time] [data-headline]").inner_text()
        page.get_by_role("combobox", name="Type").select_option("Bug")
        page.wait_for_url(re.compile("type=Bug"))
        admin.see_all()
        seen = page.locator("[data-panel=cycle_time] [data-headline]").inner_text()
        assert seen != before
        with page.expect_download() as download:
            page.get_by_role("link", name="Download CSV of Cycle time of each item").click()
        rows = list(csv.DictReader(download.value.path().read_text(encoding="utf-8").splitlines()))
        sql = page.locator("[data-panel=cycle_time] [data-sql]").text_content() or ""
        with open_warehouse(harness.pipeline.settings.warehouse_file) as warehouse:
            found = warehouse.execute(sql).fetchall()
        assert [(row["jira_key"], int(row["cycle_time_days"])) for row in rows] == [
            (key, days) for key, _, _, days, *_ in found
        ]
        with visit(browser, address) as colleague:
            colleague.open(page.url.removeprefix(address))
            colleague.see_all()
            told = colleague.page.locator("[data-panel=cycle_time] [data-headline]")
            assert told.inner_text() == seen
        assert (admin.trouble, admin.elsewhere) == ([], [])


def test_the_numbers_that_are_drawn_are_those_of_the_query(all_drawn: Visit) -> None:
    for panel in all_drawn.page.query_selector_all("[data-panel]"):
        name = panel.get_attribute("data-panel")
        found = all_drawn.page.evaluate(f"fetch('/flow/{name}.json' + location.search).then((a) => a.json())")
        assert found["is_enough"], name
        assert panel.get_attribute("data-drawn") == "yes", name
        drawn = panel.evaluate("(panel) => panel.view.data('rows')")
        numbers = {
            column: place
            for place, column in enumerate(found["columns"])
            if isinstance(found["rows"][0][place], int | float)
            and not isinstance(found["rows"][0][place], bool)
        }
        assert numbers
        for column, place in numbers.items():
            assert [row[column] for row in drawn] == [row[place] for row in found["rows"]], (name, column)


LEGENDS = {
    "velocity": {
        "Planned, done", "Added, done", "Carried over", "Carried over again", "Removed",
        "Commitment", "Velocity (mean)",
    },
    "burndown": {"Left", "Guideline", "Scope added", "Scope taken out"},
    "flow_times": {"Cycle, median", "Cycle, 85 %", "Lead, median", "Lead, 85 %"},
    "resolution_trend": {"Created", "Delivered", "Closed without work", "Reopened", "Open (right axis)"},
    "cycle_time": {"Bug", "Story", "50 %", "70 %", "85 %", "95 %"},
    "aging_work": {"50 % had left", "95 % had left", "Within the usual", "Older than 85 % of the finished"},
    "throughput": {"Bug", "Story", "Mean of 12 weeks"},
    "cumulative_flow": {"Done in the window", "In progress", "To do"},
    "status_times": {"In progress", "Median", "85 % within"},
    "blocked_times": {"Any cause", "Flag", "Status", "Open issue"},
    "blocked_work": {"Flag", "Status", "Open issue", "Several"},
    "board_wip": {"In Progress", "In the column", "Limit"},
    "epic_forecast": {"Done", "Open"},
    "version_forecast": {"Done", "Open"},
}  # fmt: skip


def test_every_mark_has_an_entry_in_the_legend_that_is_to_be_seen(all_drawn: Visit) -> None:
    check_legends(all_drawn)


@pytest.mark.prove
def test_every_mark_has_an_entry_in_the_legend_that_is_to_be_seen_on_a_phone(visitor: Visit) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 900})
    visitor.open("/flow?project=PAY&weeks=52")
    visitor.see_all()
    check_legends(visitor)


def check_legends(visitor: Visit) -> None:
    for panel, expected in LEGENDS.items():
        card = visitor.page.locator(f"[data-panel={panel}]")
        labels = card.locator("svg .role-legend-label text")
        shown = [
            text.split(" in ")[0] if panel == "cycle_time" else text for text in labels.all_text_contents()
        ]
        assert expected <= set(shown), panel
        edge = card.bounding_box()
        assert edge is not None
        right = labels.evaluate_all(
            "(all) => Math.max(...all.map((one) => one.getBoundingClientRect().right))"
        )
        assert right <= edge["x"] + edge["width"], panel


@pytest.mark.prove
def test_a_phone_shows_every_window_that_can_be_chosen(visitor: Visit) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.page.goto(f"{visitor.address}/flow?project=PAY&weeks=26")  # the charts need not be there
    boxes = [link.bounding_box() for link in visitor.page.locator(".tabs a").all()]
    assert len(boxes) == len(WINDOWS)
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


def test_rows_are_shown_as_a_table_and_keys_lead_to_jira(all_drawn: Visit, full_site: SyncHarness) -> None:
    panel = all_drawn.page.locator("[data-panel=aging_work]")
    panel.get_by_text("Rows", exact=True).click()
    link = panel.locator("[data-table] a").first
    assert (link.get_attribute("href") or "").startswith(f"{full_site.server.url}/browse/PAY-")
    assert link.get_attribute("rel") == "noopener noreferrer"


@pytest.mark.prove
def test_the_keyboard_chooses_a_filter_in_peace_and_keeps_its_place(visitor: Visit) -> None:
    visitor.open("/flow?project=PAY&weeks=26")
    page = visitor.page
    kind, since = page.get_by_role("combobox", name="Type"), page.get_by_label("From")
    before = page.url
    kind.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = kind.input_value()
    assert chosen
    page.evaluate(SETTLED)
    assert page.url == before, "options that were passed on the way are no choice"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"type={chosen}"))
    expect(kind).to_be_focused()

    since.focus()
    page.keyboard.type("03012026")  # the fields of the day, in American order
    page.evaluate(SETTLED)
    assert f"type={chosen}" in page.url
    assert "2026-03-01" not in page.url
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("from=2026-03-01"))
    expect(since).to_be_focused()

    kind.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.wait_for_url(lambda address: f"type={chosen}" not in address)
    expect(page.get_by_role("combobox", name="Sprint")).to_be_focused()
    page.get_by_role("button", name="Show").focus()
    expect(page.get_by_role("button", name="Show")).to_be_in_viewport()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.prove
def test_a_choice_by_pointer_takes_effect_at_once(visitor: Visit) -> None:
    visitor.open("/flow?project=PAY&weeks=26")
    page = visitor.page
    kind = page.get_by_role("combobox", name="Type")
    kind.focus()
    page.keyboard.press("Tab")  # however one came here
    page.keyboard.press("Shift+Tab")
    kind.dispatch_event("pointerdown")
    kind.select_option("Bug")
    page.wait_for_url(re.compile("type=Bug"))
    expect(kind).to_be_focused()


@pytest.mark.prove
def test_rows_come_when_they_are_there_however_few(visitor: Visit) -> None:
    page = visitor.page
    held: list[Route] = []
    page.route("**/flow/velocity.json*", lambda route: held.append(route))
    page.goto(f"{visitor.address}/flow?project=PAY&weeks=52")
    panel = page.locator("[data-panel=velocity]")
    panel.get_by_text("Rows", exact=True).click()
    expect(panel.locator("[data-table]")).to_have_text("The rows are loading.")
    answer = held[0].fetch()
    held[0].fulfill(response=answer, json=answer.json() | {"is_enough": False})
    expect(panel.locator("[data-state]")).to_contain_text("Not enough data")
    expect(panel.locator("[data-table] tbody tr")).to_have_count(len(answer.json()["rows"]))

    page.unroute("**/flow/velocity.json*")
    visitor.open("/flow?project=PAY&type=Nothing")
    panel = page.locator("[data-panel=cycle_time]")
    panel.get_by_text("Rows", exact=True).click()
    expect(panel.locator("[data-table]")).to_have_text("There are no rows.")


@pytest.mark.prove
def test_names_that_are_script_stay_names(visitor: Visit) -> None:
    for path in ("/", "/projects", "/people", "/flow?project=*&weeks=0"):
        visitor.open(path)
    visitor.see_all()
    visitor.page.locator("[data-panel=status_times]").get_by_text("Rows", exact=True).click()
    expect(visitor.page.locator("[data-panel=status_times] [data-table]")).to_contain_text(HOSTILE)
    bars = visitor.page.locator("[data-panel=status_times] .mark-rect path")
    for number in range(min(bars.count(), 5)):
        bars.nth(number).hover(force=True)
    expect(visitor.page.locator("#vg-tooltip-element")).to_have_class(re.compile("visible"))


@pytest.mark.parametrize("path", sampled((*PAGES, "/nowhere"), 5))
def test_nobody_is_shut_out(browser: Browser, address: str, path: str) -> None:
    if not AXE.exists():
        lacking("axe-core is missing: `make test` fetches it with npm")
    with visit(browser, address) as visitor:
        visitor.open(path)
        visitor.see_all()
        assert visitor.complaints() == []
        visitor.page.emulate_media(color_scheme="dark")
        assert visitor.complaints("color-contrast") == [], "in the dark"


@pytest.mark.parametrize("path", sampled(PAGES, 4))
def test_a_phone_shows_every_page_without_scrolling_sideways(
    browser: Browser, address: str, path: str
) -> None:
    with visit(browser, address, viewport={"width": 360, "height": 800}) as visitor:
        visitor.open(path)
        visitor.see_all()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.prove
def test_everything_but_the_charts_works_without_script(browser: Browser, address: str) -> None:
    with visit(browser, address, java_script_enabled=False) as visitor:
        visitor.open("/projects?q=pay")
        visitor.page.get_by_role("button", name="Save").click()
        expect(visitor.page.get_by_role("heading", name="Projects")).to_be_visible()
        visitor.open("/people")
        visitor.page.get_by_role("button", name=re.compile("^Ignore")).first.click()
        expect(visitor.page.get_by_text("Ignored.")).to_be_visible()
        visitor.page.get_by_role("button", name=re.compile("^Undo")).first.click()
        expect(visitor.page.get_by_text("Decision removed.")).to_be_visible()
        visitor.open("/flow")
        expect(visitor.page.get_by_role("link", name="CSV", exact=True).first).to_be_visible()


@pytest.mark.prove
def test_a_chart_that_cannot_be_had_says_so_in_its_place(visitor: Visit) -> None:
    visitor.page.route(
        re.compile("/flow/(?!throughput).*json"), lambda route: route.fulfill(status=503, body="nothing")
    )
    visitor.open("/flow?project=PAY")
    visitor.see_all()
    expect(visitor.page.locator("[data-panel=cycle_time]")).to_contain_text("The page did not answer.")
    expect(visitor.page.locator("[data-panel=throughput] svg")).to_be_visible()
    visitor.trouble.clear()  # the browser itself notes each 503


@pytest.mark.prove
def test_a_panel_that_nobody_scrolls_to_is_drawn_all_the_same(visitor: Visit) -> None:
    visitor.page.goto(f"{visitor.address}/flow?project=PAY&weeks=52")
    expect(visitor.page.locator("[data-panel][data-drawn]")).to_have_count(len(PANELS), timeout=20_000)
    assert visitor.page.evaluate("scrollY") == 0


@pytest.mark.prove
def test_what_is_printed_in_the_dark_is_dark_on_white(browser: Browser, address: str) -> None:
    with visit(browser, address, color_scheme="dark") as visitor:
        visitor.open("/flow?project=PAY&weeks=52")
        visitor.see_all()
        page = visitor.page
        words = page.locator(
            "[data-panel] svg .role-axis-label text, [data-panel] svg .role-legend-label text"
        )
        assert words.count() > 50

        def lightest() -> int:
            colours = words.evaluate_all("(all) => all.map((one) => getComputedStyle(one).fill)")
            return max(sum(int(part) for part in re.findall(r"\d+", colour)[:3]) // 3 for colour in colours)

        assert lightest() > 200, "light on the dark screen"
        page.emulate_media(media="print")
        assert lightest() < 100
        width = "(all) => all.map((one) => one.getBoundingClientRect().width)"
        cards = page.locator("[data-panel]").evaluate_all(width)
        charts = page.locator("[data-panel] svg.marks").evaluate_all(width)
        assert len(charts) == len(PANELS)
        assert all(chart > 0.9 * card for chart, card in zip(charts, cards, strict=True))
