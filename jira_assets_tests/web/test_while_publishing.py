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
        published_site(tmp_path / "home", issues=600) as harness,
        served(create_app(lambda: harness.pipeline.settings)) as address,
        ThreadPoolExecutor(BROWSERS) as people,
    ):
        looks: list[Future[int]] = [people.submit(evaluate, address, done) for _ in range(BROWSERS)]
        issue = next(iter(harness.site.issues_truth()))
        for number in range(SYNCS):
            harness.site.clock.advance(timedelta(minutes=3))
            harness.site.edit_issue(issue, summary=f"Changed {number} times")
            assert harness.sync().failures == []
            assert harness.publish() is not None
        done.set()
        assert all(look.result() > 3 for look in looks)


def evaluate(address: str, done: threading.Event) -> int:
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
