"""The floor of a first sync: the requests of `jira-assets sync`, eight in flight; the answers are dropped.

Run in .venv-benchmarks; prints `{"seconds": ..., "issues": ...}`.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import urllib3

IN_FLIGHT = 8
IDS_A_PAGE, ISSUES_A_REQUEST, CHANGELOGS_A_REQUEST, HISTORIES_A_PAGE = 5000, 100, 400, 10_000
FIELDS = ["*all", "-comment", "-worklog", "-attachment"]
SITE = ("_edge/tenant_info", "rest/api/3/myself", "rest/api/3/field", "rest/api/3/status")
TOKEN = re.compile(rb'"nextPageToken":"([^"]+)"')


class Reader:
    """Reads a site; what an answer leads to is asked for at once."""

    def __init__(self, url: str, email: str, token: str) -> None:
        headers = urllib3.make_headers(basic_auth=f"{email}:{token}")
        self.issues = 0
        self._url = url
        self._http = urllib3.PoolManager(IN_FLIGHT, maxsize=IN_FLIGHT, headers=headers)
        self._pool = ThreadPoolExecutor(IN_FLIGHT)
        self._under_way: deque[Future[None]] = deque()

    def read(self, projects: Sequence[str]) -> None:
        """Read everything."""
        for project in projects:
            self._do(self._list_issues, project)
        for path in SITE:
            self._do(self._get, path)
        self._do(self._read_users)
        for project in projects:
            self._do(self._get, f"rest/api/3/project/{project}")
            self._do(self._read_boards, project)
        while self._under_way:
            self._under_way.popleft().result()

    def _list_issues(self, project: str) -> None:
        jql = f'project = "{project}" order by id asc'
        question: dict[str, Any] = {
            "jql": jql,
            "fields": ["updated", "project"],
            "maxResults": IDS_A_PAGE,
        }
        self._do(self._post, "search/approximate-count", {"jql": jql})
        while True:
            page = json.loads(self._post("search/jql", question))
            ids = [issue["id"] for issue in page["issues"]]
            self.issues += len(ids)
            for start in range(0, len(ids), CHANGELOGS_A_REQUEST):
                self._fetch(ids[start : start + CHANGELOGS_A_REQUEST])
            if not (token := page.get("nextPageToken")):
                return
            question["nextPageToken"] = token

    def _fetch(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), ISSUES_A_REQUEST):
            some = {"issueIdsOrKeys": ids[start : start + ISSUES_A_REQUEST], "fields": FIELDS}
            self._do(self._post, "issue/bulkfetch", some)
        self._do(self._read_changelogs, ids)

    def _read_changelogs(self, ids: Sequence[str]) -> None:
        question: dict[str, Any] = {"issueIdsOrKeys": ids, "maxResults": HISTORIES_A_PAGE}
        while token := TOKEN.search(self._post("changelog/bulkfetch", question)[-500:]):
            question["nextPageToken"] = token[1].decode()

    def _read_users(self) -> None:
        start = 0
        while page := json.loads(self._get(f"rest/api/3/users/search?maxResults=1000&startAt={start}")):
            start += len(page)

    def _read_boards(self, project: str) -> None:
        for board in json.loads(self._get(f"rest/agile/1.0/board?projectKeyOrId={project}"))["values"]:
            self._do(self._get, f"rest/agile/1.0/board/{board['id']}/configuration")
            if board["type"] != "kanban":
                self._do(self._get, f"rest/agile/1.0/board/{board['id']}/sprint")

    def _do(self, work: Callable[..., object], *arguments: object) -> None:
        self._under_way.append(self._pool.submit(work, *arguments))  # type: ignore[arg-type]

    def _get(self, path: str) -> bytes:
        return self._answer(self._http.request("GET", f"{self._url}/{path}"))

    def _post(self, path: str, question: object) -> bytes:
        return self._answer(self._http.request("POST", f"{self._url}/rest/api/3/{path}", json=question))

    def _answer(self, response: urllib3.BaseHTTPResponse) -> bytes:
        if response.status != 200:
            raise SystemExit(f"{response.status}: {response.data[:500]!r}")
        return response.data


def main() -> None:
    """Read once and say how long it took."""
    parser = argparse.ArgumentParser()
    for name in ("url", "email", "token", "projects", "folder"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    started = time.perf_counter()
    reader = Reader(arguments.url, arguments.email, arguments.token)
    reader.read(arguments.projects.split(","))
    print(json.dumps({"seconds": time.perf_counter() - started, "issues": reader.issues}))


if __name__ == "__main__":
    main()
