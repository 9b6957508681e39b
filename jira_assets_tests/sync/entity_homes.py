"""Homes that read comments and the like, and what is true of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from jira_assets.demo.data import SiteData
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.request_log import Request
from jira_assets.settings.load import load_settings
from jira_assets.sync.pipeline import Pipeline
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, credentials, open_harness

ALL = "comments, worklogs, attachments, remote_links"
TABLES = ("jira_comments", "jira_attachments", "jira_remote_links", "entity_status")


def site_data(issues: int = 60) -> SiteData:
    """Make a small site of two projects."""
    return generate_site(7, projects=2, issues=issues, now_ms=int(MONDAY_NOON.timestamp() * 1000))


@contextmanager
def synced_with_entities(home: Path) -> Iterator[SyncHarness]:
    """Sync a home that reads everything with its texts."""
    with open_harness(home, site_data(), entities=ALL, entity_bodies="comments, worklogs") as harness:
        harness.track()
        harness.sync()
        harness.site.clock.sleep(120)
        yield harness


def later(harness: SyncHarness, minutes: float = 2) -> SyncHarness:
    """Sync some time later, so that nothing is of the last minute."""
    harness.site.clock.sleep(minutes * 60)
    harness.sync()
    return harness


@contextmanager
def synced_with_worklogs(home: Path) -> Iterator[SyncHarness]:
    """Sync a home that reads worklogs with their texts, and nothing else of the kind."""
    with open_harness(home, site_data(), entities="worklogs", entity_bodies="worklogs") as harness:
        harness.track()
        harness.sync()
        harness.site.clock.sleep(120)
        yield harness


def entity_requests(requests: Collection[Request]) -> list[str]:
    """Name the paths of requests that only comments and the like need."""
    return [
        request.path
        for request in requests
        if request.path.endswith(("/comment", "/remotelink", "/worklog"))
        or "/worklog/" in request.path
        or (
            request.path.endswith("/bulkfetch")
            and b'"*all"' not in request.body
            and b"changelog" not in request.path.encode()
        )
    ]


def differences(harness: SyncHarness) -> list[str]:
    """Compare what is here with what the site shows, for the tracked projects; nothing means equal."""
    return [*_comments(harness), *_simple(harness, "attachment"), *_simple(harness, "remote_link")]


def _comments(harness: SyncHarness) -> list[str]:
    rows = harness.ask(
        "select comment_id, jira_id, author_account_id, created_at, updated_at, is_internal, "
        "visibility_value from jira_comments where deleted_seen_at is null"
    )
    is_tracked = _tracked(harness)
    truth = {
        key: (
            each.issue_id,
            each.author,
            each.created.replace(tzinfo=None),
            each.updated.replace(tzinfo=None),
            each.is_internal,
            each.group,
        )
        for key, each in harness.site.comments_truth().items()
        if is_tracked(each.issue_id)
    }
    return _compared("comment", truth, {row[0]: row[1:] for row in rows}, len(rows))


def _simple(harness: SyncHarness, name: str) -> list[str]:
    rows = harness.ask(f"select {name}_id, jira_id from jira_{name}s where deleted_seen_at is null")
    asked: Callable[[], dict[str, str]] = getattr(harness.site, f"{name}s_truth")
    is_tracked = _tracked(harness)
    truth = {key: issue for key, issue in asked().items() if is_tracked(issue)}
    return _compared(name, truth, dict(rows), len(rows))


def _compared(name: str, truth: Mapping[str, object], found: Mapping[str, object], rows: int) -> list[str]:
    return [
        f"{name} {key}: the site has {truth.get(key)}, the warehouse {found.get(key)}"
        for key in sorted(truth.keys() | found.keys())
        if truth.get(key) != found.get(key)
    ] + ([] if rows == len(found) else [f"{rows - len(found)} rows of {name} too many"])


def _tracked(harness: SyncHarness) -> Callable[[str], bool]:
    """Return what checks whether an issue is in a tracked project."""
    tracked = {project.project_id for project in harness.tracked}
    return lambda issue_id: str(harness.site.issue(issue_id).project_id) in tracked


def replace_settings(harness: SyncHarness, **chosen: str) -> Pipeline:
    """Open the home with other settings."""
    options = {"home": str(harness.pipeline.settings.home), **harness.options, **chosen}
    settings = load_settings(options, credentials(harness.server), dotenv=None)
    return replace(harness.pipeline, settings=settings)


def worklog_differences(harness: SyncHarness) -> list[str]:
    """Compare the worklogs that are here with those that the site shows; nothing means equal."""
    rows = harness.ask(
        "select worklog_id, jira_id, author_account_id, started_at, seconds, updated_at, visibility_value "
        "from jira_worklogs where deleted_at is null"
    )
    is_tracked = _tracked(harness)
    truth = {
        key: (
            each.issue_id,
            each.author,
            each.started.replace(tzinfo=None),
            each.seconds,
            each.updated.replace(tzinfo=None),
            each.group,
        )
        for key, each in harness.site.worklogs_truth().items()
        if is_tracked(each.issue_id)
    }
    return _compared("worklog", truth, {row[0]: row[1:] for row in rows}, len(rows))
