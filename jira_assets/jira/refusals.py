"""From an answer that is not the data asked for to the error that says what to do about it."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jira_assets.errors import (
    AuthenticationError,
    BadQuery,
    EndpointRemoved,
    Forbidden,
    JiraAssetsError,
    JiraUnavailable,
    NotFound,
    RateLimited,
    ReconnectNeeded,
    ScopeMissing,
    SettingsError,
    UnknownProject,
)
from jira_assets.jira.exchange import Answer

_UNKNOWN_PROJECT = re.compile(r"The value '(.+?)' does not exist for the field 'project'")
_CONSENT_GONE = {"invalid_grant", "unauthorized_client"}
# Worth another try: time-outs, and users/search, which answers 409 when it took longer than 10 s.
_PASSING = {408, 409, 425}


def login_failed(answer: Answer) -> bool:
    """Tell whether Jira took us for nobody; it may still answer 200, with nothing in it."""
    said = answer.headers.get("X-Seraph-LoginReason", "").upper()
    return "AUTHENTICATED_FAILED" in said or "AUTHENTICATION_DENIED" in said


def error_from(answer: Answer, credential: str = "the credential") -> JiraAssetsError:
    """Choose the error for an answer; `credential` names what was tried, without its secret."""
    said = _Said(answer)
    if login_failed(answer):
        return _login_failed(said, credential)
    status = answer.status
    if status == 429:
        return _error(RateLimited, said, "Wait a few minutes; nothing is lost, the next sync goes on.")
    if status >= 500 or status in _PASSING or status < 300:
        return _error(JiraUnavailable, said, "Try again later; nothing is lost, the next sync goes on.")
    if said.oauth_error:
        return _oauth(said)
    if status < 400:
        return _redirected(said)
    choose = {400: _bad_request, 401: _unauthorized, 403: _forbidden}.get(status)
    return choose(said, credential) if choose else _final(said)


class _Said:
    """What an answer says, whatever shape it says it in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.host = urlsplit(answer.url).netloc or "Jira"
        body = _json(answer.body)
        self.json = bool(body)
        # Other parts of Jira have an `error` too, but only OAuth describes it so.
        self.oauth_error = str(body.get("error") or "oauth") if "error_description" in body else ""
        self.text = " ".join(_messages(body) or _plain(answer.body))[:500]

    @property
    def reason(self) -> str:
        asked = f"{self.answer.method} {urlsplit(self.answer.url).path}".strip()
        bare = "no explanation" if self.answer.status >= 300 else "not one whole JSON document"
        return f"Jira ({self.host}) answered {asked} with {self.answer.status}: {self.text or bare}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    if isinstance(value, str):
        return {"message": value}
    return value if isinstance(value, dict) else {}


def _messages(body: dict[str, Any]) -> list[str]:
    """Collect the texts of every shape Jira and its gateway use."""
    found = [*_texts(body.get("errorMessages"))]
    errors = body.get("errors")
    if isinstance(errors, dict):
        found += [f"{name}: {text}" for name, text in errors.items()]
    else:
        found += _texts(errors)
    for name in ("message", "errorMessage", "error_description", "warningMessages"):
        found += _texts(body.get(name))
    return found or _texts(body.get("error"))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [str(item) for item in value if item] if isinstance(value, list) else []


def _plain(body: bytes) -> list[str]:
    """Read a text or an HTML page; of a page only its title and what stands in its body."""
    text = body[:20_000].decode(errors="replace")
    if "<" not in text:
        return [text.strip()] if text.strip() and not text.lstrip().startswith(("{", "[")) else []
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return [" ".join(html.unescape(title.group(1)).split())] if title else ["an HTML page"]


def _error(
    kind: type[JiraAssetsError], said: _Said, instruction: str, reason: str | None = None, **facts: object
) -> JiraAssetsError:
    facts = {"status": said.answer.status, "url": said.answer.url, "json": said.json, **facts}
    return kind(reason or said.reason, instruction, **facts)


def _login_failed(said: _Said, credential: str) -> JiraAssetsError:
    if "AUTHENTICATION_DENIED" in said.answer.headers.get("X-Seraph-LoginReason", "").upper():
        reason = f"Jira ({said.host}) wants a captcha solved before it accepts {credential}."
        return _error(
            AuthenticationError, said, "Log in to the site once in a browser, then try again.", reason
        )
    reason = f"Jira ({said.host}) did not accept {credential} (login failed, status {said.answer.status})."
    return _error(AuthenticationError, said, _check_token(said), reason)


def _check_token(said: _Said) -> str:
    advice = (
        "Check the e-mail and the API token (JIRA_EMAIL, JIRA_API_TOKEN; a token lives for a year at most)"
    )
    if "/ex/jira/" in said.answer.url:
        return f"{advice} and JIRA_CLOUD_ID, or connect again."
    return f"{advice}; a token with scopes also needs JIRA_CLOUD_ID. `jira-assets connect --token` finds out."


def _oauth(said: _Said) -> JiraAssetsError:
    if said.oauth_error in _CONSENT_GONE:
        reason = f"Atlassian no longer accepts the OAuth grant ({said.oauth_error}: {said.text})."
        return _error(ReconnectNeeded, said, "Connect again with `jira-assets connect`.", reason)
    reason = f"Atlassian refused to give an OAuth token ({said.oauth_error}: {said.text})."
    advice = (
        "Check the client id and secret (JIRA_CLIENT_ID, JIRA_CLIENT_SECRET) against the app at "
        "https://developer.atlassian.com/console/myapps, then run `jira-assets connect` again."
    )
    return _error(AuthenticationError, said, advice, reason)


def _redirected(said: _Said) -> JiraAssetsError:
    target = urlsplit(said.answer.headers.get("Location", "")).netloc
    reason = f"{said.host} sends us elsewhere ({said.answer.status} to {target or 'another place'})."
    return _error(
        SettingsError, said, "Set JIRA_SITE_URL to the address at which the site answers now.", reason
    )


def _bad_request(said: _Said, credential: str) -> JiraAssetsError:
    if "anonymous users" in said.text:
        reason = f"Jira ({said.host}) took us for nobody, although {credential} was sent: {said.text}"
        return _error(AuthenticationError, said, _check_token(said), reason)
    projects = _UNKNOWN_PROJECT.findall(said.text)
    if projects:
        advice = "Check that the project exists and that this account may browse it, or untrack it."
        return _error(UnknownProject, said, advice, projects=projects)
    return _error(BadQuery, said, "Jira does not understand this question: please report it, with this text.")


def _unauthorized(said: _Said, credential: str) -> JiraAssetsError:
    if "scope" in said.text.lower():
        advice = "Make a token, or a consent, that has the scopes read:jira-work and read:jira-user."
        return _error(ScopeMissing, said, advice)
    if "passwords is deprecated" in said.text:
        advice = "Put an API token into JIRA_API_TOKEN (id.atlassian.com/manage-profile/security/api-tokens)."
        return _error(AuthenticationError, said, advice)
    reason = f"Jira ({said.host}) did not accept {credential}: {said.text or 'no explanation'} (401)"
    return _error(AuthenticationError, said, _check_token(said), reason)


def _forbidden(said: _Said, credential: str) -> JiraAssetsError:
    if "app is not installed" in said.text:
        advice = "Connect again with `jira-assets connect` and choose this site."
        return _error(ReconnectNeeded, said, advice)
    return _error(Forbidden, said, f"Ask a Jira admin to give {credential} the right to see this.")


def _final(said: _Said) -> JiraAssetsError:
    if said.answer.status == 404:
        return _error(NotFound, said, "It was deleted, or this account may not see it: check both in Jira.")
    if said.answer.status == 410:
        return _error(EndpointRemoved, said, "Update jira_assets: Atlassian removed this part of its API.")
    return _error(BadQuery, said, "Jira does not understand this request: please report it, with this text.")
