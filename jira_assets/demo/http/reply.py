"""What a demo site answers with, refusals in Jira's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

JSON = "application/json;charset=UTF-8"
MIGRATE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
    "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
LOGIN_FAILED = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
NOT_AUTHENTICATED = "Client must be authenticated to access this resource."


@dataclass(slots=True)
class Reply:
    """An answer before it is put on the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    points: int = 0
    """What the objects in it cost of Jira's hourly quota; the request itself costs one more."""


class Refusal(Exception):
    """Stop answering a request: the reply says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def ok(answer: Any, *, points: int | None = None) -> Reply:
    """Answer with JSON; without `points`, each object of its list costs one."""
    points = len(_objects(answer)) if points is None else points
    return Reply(200, msgspec.json.encode(answer), points=points)


def _objects(answer: Any) -> list[Any]:
    if isinstance(answer, list):
        return answer
    lists = (answer.get(name) for name in ("values", "issueChangeLogs"))
    return next((each for each in lists if isinstance(each, list)), [])


def refuse(status: int, *messages: str) -> Refusal:
    """Refuse in the usual shape: errorMessages and errors."""
    return refuse_with(status, {"errorMessages": list(messages), "errors": {}})


def refuse_with(status: int, body: Any, **headers: str) -> Refusal:
    """Refuse with a body of another shape."""
    return Refusal(Reply(status, msgspec.json.encode(body), dict(headers)))


def gone() -> Refusal:
    """Say that the old search has been removed."""
    return refuse(410, MIGRATE)


def no_issue() -> Refusal:
    """Say that an issue is not there, or not for this account."""
    return refuse(404, "Issue does not exist or you do not have permission to see it.")


def bad_payload() -> Refusal:
    """Say that the body holds what the endpoint does not know."""
    return refuse(400, "Invalid request payload. Refer to the REST API documentation and try again.")


def bad_token() -> Refusal:
    """Say that a page token no longer holds."""
    return refuse(400, "The provided next page token is invalid or has expired.")


def site_unauthorized(*, as_text: bool) -> Refusal:
    """Refuse bad credentials at the site's own address, which words it in two ways."""
    if as_text:
        headers = {**LOGIN_FAILED, "WWW-Authenticate": 'OAuth realm="demo"'}
        return Refusal(Reply(401, NOT_AUTHENTICATED.encode(), headers, "text/html;charset=UTF-8"))
    body = {"message": NOT_AUTHENTICATED, "status-code": 401}
    return Refusal(Reply(401, msgspec.json.encode(body), dict(LOGIN_FAILED)))


def gateway_unauthorized(status: int = 401) -> Refusal:
    """Refuse a missing or expired token at the gateway, which does not always call it by its name."""
    message = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}[status]
    return refuse_with(status, {"code": status, "message": message})


def scope_missing() -> Refusal:
    """Refuse a token that lacks the scope."""
    return refuse_with(401, {"code": 401, "message": "Unauthorized; scope does not match"})
