"""Where a site sends us instead of answering: to a login, to its new address, or to someone else."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit

from jira_assets.errors import AuthenticationError, JiraAssetsError, SettingsError, SiteUnavailable
from jira_assets.jira.error_body import ErrorBody

_LOGIN_PATH = re.compile(
    r"/(login|log-in|signin|sign-in|secure|sso|saml|oauth2?|adfs|authorize)\b", re.IGNORECASE
)
_ATLASSIANS_LOGIN = {"id.atlassian.com", "auth.atlassian.com", "start.atlassian.com", "home.atlassian.com"}


def redirected(said: ErrorBody, credential: str, check_token: str) -> JiraAssetsError:
    """Return the error for a redirect; it shows scheme and host of the target: the rest may be secret."""
    target = _target(said)
    facts = {"status": said.answer.status, "url": said.answer.url}
    host = (target.hostname or "").lower()
    if host in _ATLASSIANS_LOGIN or (_same_host(target, said) and _LOGIN_PATH.search(target.path)):
        reason = f"{said.host} redirects {said.asked} to a login page: it does not accept {credential}."
        return AuthenticationError(reason, check_token, **facts)
    if not host or (_same_host(target, said) and target.scheme == said.url.scheme):
        reason = f"{said.host} redirects {said.asked} ({said.answer.status}) instead of answering it."
        advice = "Open the address in a browser, and set JIRA_SITE_URL to the address at which Jira answers."
        return SettingsError(reason, advice, **facts)
    if _is_another_login(target):
        return _foreign_login(said, host, facts)
    address = f"{target.scheme}://{target.netloc.rpartition('@')[2]}"
    reason = f"{said.host} redirects requests to another address ({said.answer.status} to {address})."
    advice = (
        f"If your site has moved there, set JIRA_SITE_URL to {address}, or run `jira-assets connect "
        f"--site {host}`."
    )
    return SettingsError(reason, advice, **facts)


def _target(said: ErrorBody) -> SplitResult:
    try:
        return urlsplit(urljoin(said.answer.url, said.answer.headers.get("Location", "")))
    except ValueError:
        return urlsplit("")


def _same_host(target: SplitResult, said: ErrorBody) -> bool:
    return (target.hostname or "") == (said.url.hostname or "")


def _is_another_login(target: SplitResult) -> bool:
    host = (target.hostname or "").lower()
    return not host.endswith((".atlassian.net", ".jira.com")) and bool(
        _LOGIN_PATH.search(target.path) or re.match(r"(login|sso|idp|auth|adfs|accounts?|signin)\b", host)
    )


def _foreign_login(said: ErrorBody, host: str, facts: dict[str, object]) -> SiteUnavailable:
    reason = (
        f"Requests to {said.host} are redirected to the login page of {host} ({said.answer.status}): "
        "single sign-on or a proxy protects Jira's API."
    )
    advice = (
        f"Ask the owner of {host} to allow requests from this machine to {said.host} without that "
        "login. No data is lost. The next sync continues."
    )
    return SiteUnavailable(reason, advice, **facts, cause="proxy")
