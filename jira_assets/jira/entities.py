"""Comments, worklogs, attachments and remote links: whole lists of issues, and changes of the whole site."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from jira_assets.errors import IncompleteRead, JiraError
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.issues import check_number
from jira_assets.jira.models import RawIssue
from jira_assets.jira.record_parser import read_records

WORKLOGS_A_REQUEST = 1000
COMMENTS_A_PAGE = 1000
WORKLOGS_A_PAGE = 5000
"""What is asked for; a page that comes may be shorter."""


class ChangedWorklog(msgspec.Struct, frozen=True, rename="camel"):
    """A worklog that was updated or deleted, and when, in epoch milliseconds."""

    worklog_id: str | int
    updated_time: int = 0

    @property
    def id(self) -> str:
        """Its id as a text, as everything else has it."""
        return str(self.worklog_id)


class WorklogPage(msgspec.Struct, frozen=True):
    """A page of worklogs that changed: `until` is the time of the last of them."""

    changed: Sequence[ChangedWorklog]
    until: int
    is_last: bool


class _ChangePage(msgspec.Struct, rename="camel"):
    values: list[msgspec.Raw]
    until: int | None = None
    last_page: bool | None = None


class _Id(msgspec.Struct):
    id: str | int


class _List(msgspec.Struct):
    comments: list[msgspec.Raw] | None = None
    worklogs: list[msgspec.Raw] | None = None
    total: int | None = None

    @property
    def entries(self) -> list[msgspec.Raw] | None:
        return self.worklogs if self.comments is None else self.comments


class EmbeddedList(msgspec.Struct, frozen=True):
    """A list as an issue comes with it; Jira has `total` entries, and may have embedded fewer."""

    entries: Sequence[bytes]
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return len(self.entries) == self.total


class EntityEndpoints(Endpoints):
    """What belongs to issues and has ids of its own."""

    def fetch_comments(self, issue_id: str) -> list[bytes]:
        """Fetch all comments of an issue, oldest first; raises IncompleteRead when pages contradict."""
        path = f"/rest/api/3/issue/{issue_id}/comment"
        return self._whole_list(path, {"orderBy": "created", "maxResults": COMMENTS_A_PAGE})

    def fetch_worklogs_of(self, issue_id: str) -> list[bytes]:
        """Fetch all worklogs of an issue; raises NotFound also where time tracking is off."""
        path = f"/rest/api/3/issue/{issue_id}/worklog"
        return self._whole_list(path, {"maxResults": WORKLOGS_A_PAGE})

    def fetch_remote_links(self, issue_id: str) -> list[bytes]:
        """Fetch all remote links of an issue."""
        path = f"/rest/api/3/issue/{issue_id}/remotelink"
        found = self._get(path, list[msgspec.Raw])
        self.transport.spend(len(found))
        return [bytes(each) for each in found]

    def fetch_updated_worklogs(self, since: int) -> WorklogPage:
        """Fetch a page of worklogs of the site that were added or updated since then, oldest first.

        Times are in epoch milliseconds. Jira leaves out the last minute. A page names at most 1000, also
        where more are of one moment.
        """
        return self._changed_worklogs("updated", since)

    def fetch_deleted_worklogs(self, since: int) -> WorklogPage:
        """Fetch a page of worklogs of the site that were deleted since then, oldest first."""
        return self._changed_worklogs("deleted", since)

    def fetch_worklogs(self, ids: Collection[str]) -> list[bytes]:
        """Fetch up to 1000 worklogs by id; those that are gone or hidden are left out."""
        check_number(ids, WORKLOGS_A_REQUEST)
        found = self._post(
            "/rest/api/3/worklog/list",
            list[msgspec.Raw],
            {"ids": [int(each) for each in ids if each.isdecimal()]},
        )
        self.transport.spend(len(found))
        return [bytes(each) for each in found]

    def _changed_worklogs(self, which: str, since: int) -> WorklogPage:
        page = self._get(f"/rest/api/3/worklog/{which}", _ChangePage, {"since": since})
        self.transport.spend(len(page.values))
        changed = read_records(page.values, ChangedWorklog)
        newest = max((each.updated_time for each in changed), default=since)
        return WorklogPage(changed, newest if page.until is None else page.until, page.last_page is not False)

    def _whole_list(self, path: str, params: dict[str, str | int]) -> list[bytes]:
        """Read all pages of a list, once more when something was added or deleted meanwhile.

        A total that counts more than is shown is believed when two reads to the end show the same.
        """
        first, total = self._read_list(path, params)
        if len(first) == total:
            return list(first.values())
        second, total = self._read_list(path, params)
        if len(second) != total and second.keys() != first.keys():
            raise _incomplete(f"{path} has {total} entries, {len(second)} came")
        return list(second.values())

    def _read_list(self, path: str, params: dict[str, str | int]) -> tuple[dict[str, bytes], int | None]:
        found: dict[str, bytes] = {}
        start = 0
        while True:
            page = self._get(path, _List, {**params, "startAt": start})
            entries = page.entries or []
            self.transport.spend(len(entries))
            found |= {_entry_id(each): bytes(each) for each in entries}
            start += len(entries)
            if not entries or start == page.total:
                return found, page.total


class _Issue(msgspec.Struct):
    fields: dict[str, msgspec.Raw]


_decode_issue = msgspec.json.Decoder(_Issue).decode
_decode_list = msgspec.json.Decoder(_List | list[msgspec.Raw]).decode


def embedded_list(issue: RawIssue, field: str) -> EmbeddedList | None:
    """Return a list that an issue came with; None when it has none, or one of another shape."""
    try:
        value = _decode_list(_decode_issue(issue.payload).fields[field])
    except (KeyError, msgspec.DecodeError):
        return None
    if isinstance(value, list):
        return EmbeddedList([bytes(each) for each in value], len(value))
    if value.entries is None or value.total is None:
        return None
    return EmbeddedList([bytes(each) for each in value.entries], value.total)


def _entry_id(entry: msgspec.Raw) -> str:
    """Return the id of an entry of a list; its text where it has none."""
    try:
        return str(msgspec.json.decode(entry, type=_Id).id)
    except msgspec.DecodeError:
        return bytes(entry).decode()


def _incomplete(what: str) -> JiraError:
    return IncompleteRead(
        f"Jira's response may be incomplete: {what}.",
        "The response was discarded. The next sync requests it again.",
    )
