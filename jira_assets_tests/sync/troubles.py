"""Ways in which a real site misbehaves for a while, one function each: for tests that make histories of them.

Each sets something wrong and takes a number that decides the rest; `end_troubles` sets all of it right again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

from jira_assets.demo.http.behaviour import Switches
from jira_assets.demo.http.faults import HTML, OOPS, Fault, answer, broken, odd_records, server_error
from jira_assets.demo.jql.errors import RefusalWording
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.sync.events import some_issue, some_project

BULK = "/rest/api/3/issue/bulkfetch"
CHANGELOGS = "/rest/api/3/changelog/bulkfetch"
LISTS = ("/rest/api/3/users/search", "/rest/api/3/status", "/rest/api/3/field", "/rest/api/3/project/search")
PARTS = (*LISTS, "/rest/agile/1.0/board", "/rest/agile/1.0/sprint")
ODD: tuple[Any, ...] = ({}, {"id": None, "name": None}, {"id": [], "accountId": 7}, "odd", None, 7, [])
NO_ISSUE = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
STATUSES = (401, 403, 404, 409, 500)


def part_fails(harness: SyncHarness, which: int) -> None:
    """A part of the site fails for good, in Jira's JSON, by a page, or by garbage."""
    path = PARTS[which % len(PARTS)]
    status = STATUSES[which % len(STATUSES)]
    refusals: list[Fault] = [
        answer(status, '{"errorMessages":["Not now."],"errors":{}}', path=path),
        answer(status, OOPS.format(status=status), content_type=HTML, path=path),
        answer(200, '{"values": 7}', path=path),
        broken("invalid_json", path=path),
    ]
    harness.site.faults.add(refusals[which % len(refusals)])


def list_has_an_odd_record(harness: SyncHarness, which: int) -> None:
    path = LISTS[which % len(LISTS)]
    harness.site.faults.add(odd_records(ODD[which % len(ODD)], path=path, exact=True))


def issue_breaks_its_batch(harness: SyncHarness, which: int) -> None:
    """Every request that an issue is part of fails."""
    if issue_id := some_issue(harness, which):
        path = CHANGELOGS if which % 3 == 0 else BULK
        failures: list[Fault] = [
            server_error(500, path=path, when=f'"{issue_id}"'),
            answer(413, "{}", path=path, when=f'"{issue_id}"'),
            broken("truncated", path=path, when=f'"{issue_id}"'),
        ]
        harness.site.faults.add(failures[which % len(failures)])
        if which % 2:
            harness.site.faults.add(server_error(500, path=f"/rest/api/3/issue/{issue_id}"))


def issue_is_left_out(harness: SyncHarness, which: int) -> None:
    """Search lists an issue that bulk reads leave out; asked for by itself it is there, or denied."""
    if issue_id := some_issue(harness, which):
        harness.site.switches.left_out_of_bulk_reads.add(int(issue_id))
        if which % 2:
            harness.site.faults.add(answer(404, json.dumps(NO_ISSUE), path=f"/rest/api/3/issue/{issue_id}"))


def bulk_reads_are_empty(harness: SyncHarness, which: int) -> None:
    harness.site.switches.empty_bulk_reads = 1 + which % 4
    harness.site.switches.empty_bulk_changelogs = which % 3


def search_ends_early(harness: SyncHarness, which: int) -> None:
    harness.site.switches.search_ends_after = which % 12


def search_calls_every_page_the_last(harness: SyncHarness, which: int) -> None:
    harness.site.switches.last_page_has_token = harness.site.switches.short_pages = True


def count_is_off(harness: SyncHarness, which: int) -> None:
    harness.site.switches.count_is_off_by = which % 7 - 3


def refusals_are_worded_otherwise(harness: SyncHarness, which: int) -> None:
    wordings = get_args(RefusalWording)
    harness.site.switches.unknown_project_wording = wordings[which % len(wordings)]


def search_forgets_a_project(harness: SyncHarness, which: int) -> None:
    harness.site.switches.projects_unknown_to_search.add(some_project(harness, which).id)


def project_goes_out_of_sight(harness: SyncHarness, which: int) -> None:
    project = some_project(harness, which)
    change = harness.site.hide_project if which % 2 else harness.site.trash_project
    change(str(project.id))


def text_is_cut_in_an_emoji(harness: SyncHarness, which: int) -> None:
    harness.site.switches.half_emoji = True
    if issue_id := some_issue(harness, which):
        harness.site.edit_issue(issue_id, summary=f"cut \ufffd {which}")


def end_troubles(harness: SyncHarness, which: int = 0) -> None:
    """Set everything right again; what was changed in texts stays."""
    harness.site.faults.clear()
    half_emoji = harness.site.switches.half_emoji
    harness.site.switches = Switches(half_emoji=half_emoji)
    for project in harness.site.catalog.projects.values():
        project.trashed = project.invisible = False


Trouble = Callable[[SyncHarness, int], None]
TROUBLES: dict[str, Trouble] = {
    each.__name__: each
    for each in (
        part_fails,
        list_has_an_odd_record,
        issue_breaks_its_batch,
        issue_is_left_out,
        bulk_reads_are_empty,
        search_ends_early,
        search_calls_every_page_the_last,
        count_is_off,
        refusals_are_worded_otherwise,
        search_forgets_a_project,
        project_goes_out_of_sight,
        text_is_cut_in_an_emoji,
    )
}
