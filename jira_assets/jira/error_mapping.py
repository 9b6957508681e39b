"""From an answer that is not the data requested to the error that says what to do about it.

What it says and who says it come first, the status last: the same status stands for an unpaid site, a proxy
and a missing permission.
"""

from __future__ import annotations

import re

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
    RequestTooLarge,
    ScopeMissing,
    SiteUnavailable,
    UnknownProject,
)
from jira_assets.jira.error_body import ErrorBody
from jira_assets.jira.redirects import redirected
from jira_assets.jira.response import Response
from jira_assets.jira.site_errors import site_refusal

# Hints only: Jira words this in the language of the account, and as it likes.
_UNKNOWN_PROJECT = re.compile(
    r"(?:The value '(.+?)'|A value with ID '(.+?)') does not exist for the field 'project'"
)
_TAKEN_FOR_NOBODY = re.compile(
    r"anonymous user|login required|not (currently )?(logged|signed) in|you are not authenticated"
)
# What Jira cannot even read is a mistake of this program; anything else a person can look into.
_MALFORMED = re.compile(
    r"error in the jql|error in jql|unbounded jql|reserved jql|invalid request payload"
    r"|unrecognized (field|property)|can ?not (deserialize|construct)|failed to parse request"
)
# Worth another try: time-outs, and users/search, which answers 409 when it took longer than 10 s.
_PASSING = {408, 409, 425}
_LATER = "Try again later. No data is lost. The next sync continues."


def login_failed(answer: Response) -> bool:
    """Return whether Jira took us for anonymous; it may still answer 200, with nothing in it."""
    return _wants_a_captcha(answer) or "AUTHENTICATED_FAILED" in _login_reason(answer)


def error_from(answer: Response, credential: str = "the credential") -> JiraAssetsError:
    """Choose the error for an answer; `credential` names what was tried, without its secret."""
    said = ErrorBody(answer)
    if login_failed(answer) or _is_a_login_failure_page(said):
        return _login_failed(said, credential)
    status = answer.status
    if status == 429:
        return _error(RateLimited, said, "Wait a few minutes. No data is lost. The next sync continues.")
    if said.oauth_error and status < 500:
        return _oauth(said)
    if status >= 500 or status in _PASSING or status < 300:
        return _error(JiraUnavailable, said, _open_or_wait(said))
    if said.at_token_endpoint:
        return _silent_token_endpoint(said)
    if status < 400:
        return redirected(said, credential, _check_token(said))
    if status in (413, 414, 431):
        return _too_large(said)
    return site_refusal(said) or _about_the_thing(said, credential)


def _about_the_thing(said: ErrorBody, credential: str) -> JiraAssetsError:
    """Choose among the refusals of what was requested; by the status, at last."""
    status = said.answer.status
    if status in (400, 403, 404) and _TAKEN_FOR_NOBODY.search(said.words):
        reason = (
            f"Jira ({said.host}) treated the request as anonymous, although {credential} was sent: "
            f"{said.text}"
        )
        return _error(AuthenticationError, said, _check_token(said), reason)
    if status == 401:
        return _unauthorized(said, credential)
    if status == 403:
        return _forbidden(said, credential)
    if status == 404:
        advice = "Check in Jira whether it still exists: it was deleted, or this account may not see it."
        return _error(NotFound, said, advice)
    if status == 410:
        return _error(EndpointRemoved, said, "Upgrade jira_assets: Atlassian removed this part of its API.")
    return _bad_request(said)


def _error(
    kind: type[JiraAssetsError], said: ErrorBody, instruction: str, reason: str | None = None, **facts: object
) -> JiraAssetsError:
    facts = {"status": said.answer.status, "url": said.answer.url, **facts}
    return kind(reason or said.reason, instruction, **facts)


def _open_or_wait(said: ErrorBody) -> str:
    if said.is_page and said.answer.status < 300:
        return (
            f"{_LATER} If the error persists, open https://{said.host} from this machine: a login page "
            "or a proxy is in front of Jira."
        )
    return _LATER


def _login_reason(answer: Response) -> str:
    return answer.headers.get("X-Seraph-LoginReason", "").upper()


def _wants_a_captcha(answer: Response) -> bool:
    denied = answer.headers.get("X-Authentication-Denied-Reason", "").upper()
    return "CAPTCHA" in denied or "AUTHENTICATION_DENIED" in _login_reason(answer)


def _is_a_login_failure_page(said: ErrorBody) -> bool:
    return said.is_page and "basic authentication failure" in said.words


def _login_failed(said: ErrorBody, credential: str) -> JiraAssetsError:
    if _wants_a_captcha(said.answer) or "authentication_denied" in said.words:
        reason = f"Jira ({said.host}) requires a captcha before it accepts {credential}."
        advice = "Log in to the site once in a browser, as the owner of the token, then try again."
        return _error(AuthenticationError, said, advice, reason, captcha=True)
    reason = f"Jira ({said.host}) did not accept {credential} (login failed, status {said.answer.status})."
    return _error(AuthenticationError, said, _check_token(said), reason)


def _check_token(said: ErrorBody) -> str:
    advice = (
        "Check the e-mail address and the API token (JIRA_EMAIL, JIRA_API_TOKEN; a token is valid for "
        "at most a year)"
    )
    if said.at_gateway:
        return f"{advice} and JIRA_CLOUD_ID, or run `jira-assets connect` again."
    return (
        f"{advice}. A token with scopes also requires JIRA_CLOUD_ID; `jira-assets connect --token` finds it."
    )


def _oauth(said: ErrorBody) -> JiraAssetsError:
    described = f"{said.oauth_error}: {said.text}" if said.text != said.oauth_error else said.oauth_error
    if said.consent_is_gone:
        reason = f"Atlassian no longer accepts the OAuth grant ({described})."
        return _error(
            ReconnectNeeded, said, "Run `jira-assets connect` again.", reason, oauth_error=said.oauth_error
        )
    reason = f"Atlassian refused to issue an OAuth token ({described})."
    advice = (
        "Check the client id and secret (JIRA_CLIENT_ID, JIRA_CLIENT_SECRET) against the app at "
        "https://developer.atlassian.com/console/myapps, then run `jira-assets connect` again."
    )
    return _error(AuthenticationError, said, advice, reason, oauth_error=said.oauth_error)


def _silent_token_endpoint(said: ErrorBody) -> JiraAssetsError:
    """Refuse to call a consent lost without an answer that says so: a proxy or a filter may have answered."""
    reason = (
        f"{said.host} issued no OAuth token and gave no reason ({said.answer.status}: "
        f"{said.text or 'an empty answer'})."
    )
    advice = (
        f"Try again later. If the error persists, open https://{said.host} from this machine. If a "
        "proxy answers, ask its owner to allow these requests; otherwise run `jira-assets connect` "
        "again."
    )
    return _error(SiteUnavailable, said, advice, reason, cause="proxy" if said.is_page else "page")


def _too_large(said: ErrorBody) -> JiraAssetsError:
    advice = (
        f"Ask the owner of the proxy between this machine and {said.host} to accept larger requests. No "
        "data is lost. The next sync continues."
    )
    return _error(RequestTooLarge, said, advice)


def _bad_request(said: ErrorBody) -> JiraAssetsError:
    projects = [value or by_id for value, by_id in _UNKNOWN_PROJECT.findall(said.text)]
    if projects:
        advice = (
            "Open the project in Jira with this account: it may be new, in the trash or hidden. "
            "`jira-assets doctor` lists what the account can see."
        )
        return _error(UnknownProject, said, advice, projects=projects)
    if _MALFORMED.search(said.words):
        return _error(
            BadQuery, said, "Upgrade jira_assets. If the error persists, please report it with this message."
        )
    advice = (
        "Run `jira-assets doctor`: it checks what this account can see and what the site answers. "
        "`jira-assets sync --full` reads everything again."
    )
    return _error(BadQuery, said, advice)


def _unauthorized(said: ErrorBody, credential: str) -> JiraAssetsError:
    if "scope" in said.words:
        advice = "Create a token, or a consent, with the scopes read:jira-work and read:jira-user."
        return _error(ScopeMissing, said, advice)
    if "passwords is deprecated" in said.words:
        advice = "Set JIRA_API_TOKEN to an API token (id.atlassian.com/manage-profile/security/api-tokens)."
        return _error(AuthenticationError, said, advice)
    explained = f"{said.text or 'no explanation'} ({said.answer.status})"
    reason = f"Jira ({said.host}) did not accept {credential}: {explained}"
    return _error(AuthenticationError, said, _check_token(said), reason)


def _forbidden(said: ErrorBody, credential: str) -> JiraAssetsError:
    if "app is not installed" in said.words:
        advice = "Run `jira-assets connect` again and choose this site."
        return _error(ReconnectNeeded, said, advice)
    if "connect session auth token" in said.words and not said.at_gateway:
        reason = (
            f"Jira ({said.host}) does not accept {credential}: this type of token works only through "
            "Atlassian's gateway."
        )
        return _error(AuthenticationError, said, _check_token(said), reason)
    if "connect session auth token" in said.words:
        return _unauthorized(said, credential)
    return _error(Forbidden, said, f"Ask a Jira admin to give {credential} the permission to see this.")
