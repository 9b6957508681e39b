"""Every way in which Jira says no ends in the right error, with a reason and an instruction."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from jira_assets.errors import (
    AuthenticationError,
    BadQuery,
    EndpointRemoved,
    Forbidden,
    JiraAssetsError,
    JiraError,
    JiraUnavailable,
    NotFound,
    RateLimited,
    ReconnectNeeded,
    ScopeMissing,
    UnknownProject,
)
from jira_assets.jira.error_mapping import error_from
from jira_assets.jira.response import Response

SITE = "https://acme.atlassian.net/rest/api/3/search/jql"

EXPECTED: dict[str, type[JiraAssetsError]] = {
    "search_removed_410": EndpointRemoved,
    "jql_unbounded_400": BadQuery,
    "jql_unknown_project_400": UnknownProject,
    "jql_unknown_field_400": UnknownProject,
    "jql_anonymous_field_400": AuthenticationError,
    "jql_syntax_400": BadQuery,
    "gateway_scope_401": ScopeMissing,
    "gateway_unauthorized_401": AuthenticationError,
    "gateway_app_not_installed_403": ReconnectNeeded,
    "project_search_403": Forbidden,
    "site_auth_401_json": AuthenticationError,
    "site_auth_401_text": AuthenticationError,
    "site_basic_password_401_text": AuthenticationError,
    "rate_limit_429_html": RateLimited,
    "rate_limit_429_dc_html": RateLimited,
    "rate_limit_429_headers": RateLimited,
    "oauth_refresh_invalid_grant_403": ReconnectNeeded,
    "oauth_refresh_unauthorized_client": ReconnectNeeded,
    "oauth_code_invalid_403": ReconnectNeeded,
    "issue_not_found_404": NotFound,
    "field_search_400": BadQuery,
    "field_search_403": Forbidden,
}


MALFORMED = {"jql_unbounded_400", "jql_syntax_400"}
"""What only this program can have asked wrongly."""


def shared_folder() -> Path:
    named = os.environ.get("JIRA_ASSETS_SHARED")
    return Path(named) if named else Path(__file__).parents[2].parent / "shared" / "data"


def contracts() -> list[Any]:
    path = shared_folder() / "contracts" / "error_responses.json"
    if not path.exists():
        skip = pytest.mark.skip(reason=f"no collected answers at {path} (JIRA_ASSETS_SHARED)")
        return [pytest.param({}, marks=skip, id="contracts")]
    return [pytest.param(entry, id=entry["id"]) for entry in json.loads(path.read_text())]


def answer(body: object, status: int, headers: dict[str, str] | None = None, url: str = SITE) -> Response:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return Response(status, CaseInsensitiveDict(headers or {}), content, "POST", url)


@pytest.mark.parametrize("entry", contracts())
def test_every_collected_answer_ends_in_its_error(entry: dict[str, Any]) -> None:
    error = error_from(answer(entry["body"], entry["status"], entry["headers"]), "the API token of Ann")
    assert type(error) is EXPECTED[entry["id"]]
    assert error.reason.strip()
    assert error.instruction.strip()
    assert ("please report" in error.instruction) is (entry["id"] in MALFORMED)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own error, pickled a moment ago
    assert (type(copy), copy.reason, copy.instruction, copy.facts) == (
        type(error),
        error.reason,
        error.instruction,
        error.facts,
    )


def test_a_reason_repeats_what_jira_said() -> None:
    said = "The value 'VULN' does not exist for the field 'project'."
    error = error_from(answer({"errorMessages": [said], "warningMessages": []}, 400))
    assert said in error.reason
    assert error.facts["projects"] == ["VULN"]


def test_all_projects_that_jira_does_not_know_are_named() -> None:
    texts = [f"The value '{key}' does not exist for the field 'project'." for key in ("A", "B C")]
    assert error_from(answer({"errorMessages": texts}, 400)).facts["projects"] == ["A", "B C"]


def test_errors_of_single_fields_are_repeated() -> None:
    error = error_from(answer({"errorMessages": [], "errors": {"fields": "is too long"}}, 400))
    assert "fields: is too long" in error.reason


def test_a_page_is_named_by_its_title() -> None:
    error = error_from(answer("<html><head><title> Site\n gone </title></head><body>x</body></html>", 404))
    assert "Site gone" in error.reason
    assert "<" not in error.reason


def test_the_hint_after_a_bad_token_knows_gateway_from_site() -> None:
    site = error_from(answer({"message": "Unauthorized"}, 401))
    gateway = error_from(
        answer({"message": "Unauthorized"}, 401, url="https://api.atlassian.com/ex/jira/1/x")
    )
    assert "A token with scopes also requires JIRA_CLOUD_ID" in site.instruction
    assert "A token with scopes also requires JIRA_CLOUD_ID" not in gateway.instruction
    assert "JIRA_CLOUD_ID" in gateway.instruction


def test_a_wrong_client_secret_is_no_reason_to_ask_for_consent_again() -> None:
    body = {"error": "access_denied", "error_description": "Unauthorized"}
    error = error_from(answer(body, 401, url="https://auth.atlassian.com/oauth/token"))
    assert type(error) is AuthenticationError
    assert "JIRA_CLIENT_SECRET" in error.instruction


def test_an_error_that_only_looks_like_oauth_is_none() -> None:
    body = {"timestamp": "2026-11-23", "status": 403, "error": "Forbidden", "path": "/rest/api/3/field"}
    assert type(error_from(answer(body, 403))) is Forbidden


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 599])
def test_what_may_pass_is_retriable(status: int) -> None:
    error = error_from(answer(None, status))
    assert type(error) is JiraUnavailable
    assert error.severity == "retriable"


NAMES = ["errorMessages", "errors", "message", "error", "error_description", "code"]
texts = st.none() | st.integers() | st.text(max_size=5)
values = texts | st.lists(texts, max_size=2) | st.dictionaries(st.text(max_size=3), texts, max_size=2)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=3) | values


@settings(max_examples=60)
@given(
    status=st.integers(300, 599),
    body=st.binary(max_size=40) | documents.map(lambda it: json.dumps(it).encode()),
    location=st.sampled_from(["", "//", "http://[", "https://ann:s3cret@"]).flatmap(
        lambda start: st.text(max_size=9).map(lambda rest: start + rest)
    ),
)
def test_no_answer_is_too_strange(status: int, body: bytes, location: str) -> None:
    headers = CaseInsensitiveDict({"Location": location})
    error = error_from(Response(status, headers, body, "GET", SITE))
    assert "s3cret@" not in str(error)
    assert isinstance(error, JiraAssetsError)
    assert error.reason
    assert error.instruction
    if not isinstance(error, AuthenticationError) and status >= 400:
        assert isinstance(error, JiraError)
