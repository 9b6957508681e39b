"""Call a demo site with plain requests, not with our client: a mistake in both would cancel out."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import requests


class Caller:
    """A session at one address."""

    def __init__(
        self, address: str, *, auth: tuple[str, str] | None = ("demo@example.com", "demo-token")
    ) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.auth = auth
        self.session.trust_env = False

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def get(self, path: str, **query: Any) -> requests.Response:
        """Get a path."""
        return self.session.get(f"{self.address}{path}", params=query, timeout=10)

    def post(self, path: str, **body: Any) -> requests.Response:
        """Post a JSON body to a path."""
        return self.session.post(f"{self.address}{path}", json=body, timeout=10)

    def search(self, jql: str, **body: Any) -> dict[str, Any]:
        """Ask for one page of a search that is expected to work."""
        response = self.post("/rest/api/3/search/jql", jql=jql, **body)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    def keys(self, jql: str, **body: Any) -> list[str]:
        """Search to the end and return the keys."""
        body = {"fields": ["key"], "maxResults": 5000} | body
        page = self.search(jql, **body)
        keys = [issue["key"] for issue in page["issues"]]
        while token := page.get("nextPageToken"):
            page = self.search(jql, **body, nextPageToken=token)
            keys += [issue["key"] for issue in page["issues"]]
        return keys

    def refused(self, jql: str, **body: Any) -> list[str]:
        """Return the messages of a search that is expected to be a 400."""
        response = self.post("/rest/api/3/search/jql", jql=jql, **body)
        assert response.status_code == 400, response.text
        messages: list[str] = response.json()["errorMessages"]
        return messages
