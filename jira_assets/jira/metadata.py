"""What a site consists of besides issues: projects, fields, statuses, types, people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from jira_assets.errors import NotFound
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.models import (
    Component,
    Field,
    IssueType,
    Priority,
    Project,
    Resolution,
    Status,
    User,
)
from jira_assets.jira.record_parser import read_records

ProjectState = Literal["live", "archived", "deleted"]

_PROJECTS_A_PAGE = 100
_A_PAGE = 50
_USERS_A_PAGE = 1000
# Account ids travel in the address, whose length has limits on the way.
_USERS_BY_ID = 50
POINTS_A_PERSON = 2


class CatalogEndpoints(Endpoints):
    """The lists that issues refer to."""

    def fetch_projects(
        self, status: ProjectState = "live", *, ids: Sequence[str] | None = None
    ) -> Iterator[Project]:
        """Return the projects that this account may browse, by key; with `ids` (at most 50) only those."""
        params: dict[str, str | int | Sequence[str]] = {
            "maxResults": _PROJECTS_A_PAGE,
            "orderBy": "key",
            "expand": "projectKeys",
        }
        if status != "live":
            # Experimental, so it is only said when it makes a difference.
            params["status"] = status
        if ids is not None:
            params["id"] = ids
        try:
            for page in self._pages("/rest/api/3/project/search", Project, params):
                yield from page
        except NotFound:
            # Documented for a search that matches no project.
            return

    def fetch_project(self, id_or_key: str) -> Project:
        """Fetch one project with its versions and components; raises NotFound when gone or hidden."""
        return self._record(f"/rest/api/3/project/{id_or_key}", Project)

    def fetch_components(self, project_id: str) -> list[Component]:
        """Fetch the components of a project with their leads, which its details may leave out."""
        return self._list(f"/rest/api/3/project/{project_id}/components", Component)

    def fetch_fields(self) -> list[Field]:
        """Fetch the fields in use in the projects this account may browse."""
        return self._list("/rest/api/3/field", Field)

    def fetch_statuses(self) -> list[Status]:
        """Fetch the statuses, those of team-managed projects with their scope."""
        return self._list("/rest/api/3/status", Status)

    def fetch_issue_types(self) -> list[IssueType]:
        """Fetch the issue types."""
        return self._list("/rest/api/3/issuetype", IssueType)

    def fetch_priorities(self) -> list[Priority]:
        """Fetch the priorities, the most urgent first.

        Jira deprecates this list and its paged form alike; the paged form wants an administrator's scope.
        """
        return self._list("/rest/api/3/priority", Priority)

    def fetch_resolutions(self) -> list[Resolution]:
        """Fetch the resolutions."""
        pages = self._pages("/rest/api/3/resolution/search", Resolution, {"maxResults": _A_PAGE})
        return [resolution for page in pages for resolution in page]

    def fetch_users(self) -> Iterator[User]:
        """Return every account of the site, once; raises Forbidden without the right to browse users."""
        start = 0
        seen: set[str] = set()
        while True:
            params = {"startAt": start, "maxResults": _USERS_A_PAGE}
            page = self._get("/rest/api/3/users/search", list[msgspec.Raw], params)
            self.transport.spend(len(page) * POINTS_A_PERSON)
            users = read_records(page, User)
            # A page may be short in the middle, so only an empty one is the end, or one that comes again.
            if not page or (users and all(user.account_id in seen for user in users)):
                return
            yield from (user for user in users if user.account_id not in seen)
            seen.update(user.account_id for user in users)
            start += len(page)

    def fetch_users_by_id(self, account_ids: Sequence[str]) -> list[User]:
        """Fetch some accounts; those that Jira does not know are left out."""
        found: list[User] = []
        for start in range(0, len(account_ids), _USERS_BY_ID):
            some = account_ids[start : start + _USERS_BY_ID]
            pages = self._pages("/rest/api/3/user/bulk", User, {"accountId": some, "maxResults": len(some)})
            found.extend(user for page in pages for user in page)
        return found
