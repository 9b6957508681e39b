"""Five people look while syncs publish one file after the other."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.web.application import create_app
from jira_assets_tests.web.browser import chromium, served, visit
from jira_assets_tests.web.published_site import published_site

BROWSERS = 5
SYNCS = 25


@pytest.mark.prove
def test_no_request_fails_and_no_sync_does(tmp_path: Path) -> None:
    done = threading.Event()
    with (
        published_site(tmp_path / "home", issues=600) as rig,
        served(create_app(lambda: rig.bench.settings)) as address,
        ThreadPoolExecutor(BROWSERS) as people,
    ):
        looks: list[Future[int]] = [people.submit(look_around, address, done) for _ in range(BROWSERS)]
        issue = next(iter(rig.site.issues_truth()))
        for number in range(SYNCS):
            rig.site.clock.advance(timedelta(minutes=3))
            rig.site.edit_issue(issue, summary=f"Changed {number} times")
            assert rig.sync().failures == []
            assert rig.publish() is not None
        done.set()
        assert all(look.result() > 3 for look in looks)


def look_around(address: str, done: threading.Event) -> int:
    """Go from page to page until told to stop; return how many were seen, none of them broken."""
    seen = 0
    with chromium() as browser, visit(browser, address) as person:
        while not done.is_set():
            for path in ("/", "/people", "/flow?project=*&weeks=0"):
                person.open(path)
                person.see_all()
                failed = person.page.locator(".note.bad:visible").all_inner_texts()
                assert failed == []
                seen += 1
        assert (person.trouble, person.elsewhere) == ([], [])
    return seen
