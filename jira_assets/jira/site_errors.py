"""Refusals that speak for the whole site, or come from something in front of it: never about one thing.

Which one it is follows from the text, the headers and the host; the status decides where these are silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from jira_assets.errors import SiteUnavailable
from jira_assets.jira.error_body import ErrorBody

Cause = Literal["address", "suspended", "browser", "edge", "gateway", "proxy", "page"]
"""Why the site as a whole does not answer.

    address    the network address that we come from is not on the site's IP allowlist
    suspended  the site is unpaid, suspended, deactivated or out of order
    browser    Jira takes the request for a browser's and wants a proof against forgery (XSRF)
    edge       Atlassian's edge (CloudFront, WAF) turned the request away
    gateway    Atlassian's gateway does not find the site
    proxy      a proxy or firewall on the way answered
    page       a web page, or JSON that is not Jira's, came from the address of the site
"""

_ADDRESS = re.compile(r"ip address.{0,80}(not on the allow|reject|not allowed|block)|ip allow ?list")
_UNPAID = re.compile(r"tenant is restricted|suspended|deactivated|payment|unpaid|subscription (has )?expired")
_OUT_OF_ORDER = re.compile(r"(site|page|jira) (is )?(currently |temporarily )?unavailable")
# In Jira's own JSON a thing may be called anything, so only whole sentences about the site count there.
_OF_THE_SITE = re.compile(
    r"tenant is restricted"
    r"|site (is |has been |was )?(currently |temporarily )?(unavailable|suspended|deactivated)"
)
_BROWSER = re.compile(r"xsrf|csrf")
_PLAIN_HTTP = re.compile(r"plain http request was sent to https port|http request to an https server")
_BLOCKED = re.compile(r"request could not be satisfied|request blocked|access denied|waf|firewall")
_GOES_ON = "No data is lost. The next sync continues."


def site_refusal(said: ErrorBody) -> SiteUnavailable | None:
    """Return the error for an answer that is not about the requested thing; None when it is about that."""
    cause = _cause(said)
    if cause is None:
        return None
    reason, instruction = _WORDS[cause](said)
    facts = {"status": said.answer.status, "url": said.answer.url, "cause": cause}
    return SiteUnavailable(reason, f"{instruction} {_GOES_ON}", **facts)


def _cause(said: ErrorBody) -> Cause | None:
    status, words = said.answer.status, said.words
    if _ADDRESS.search(words):
        return "address"
    if said.is_jiras_own and status != 402:
        if status in (403, 404) and _OF_THE_SITE.search(words):
            return "suspended"
        return "browser" if status == 403 and _BROWSER.search(words) else None
    if status == 402 or _UNPAID.search(words) or _OUT_OF_ORDER.search(words):
        return "suspended"
    if _BROWSER.search(words):
        return "browser"
    if status == 401 and not _wants_a_windows_login(said):
        return None
    if status in (401, 405, 407) or said.is_page or _is_a_bare_line(said):
        return _who_gave_the_page(said)
    if status == 404:
        return "gateway" if said.at_gateway else "page"
    return None


def _who_gave_the_page(said: ErrorBody) -> Cause:
    status = said.answer.status
    if said.server == "CloudFront" or (_of_atlassian(said) and _BLOCKED.search(said.words)):
        return "edge"
    if status == 407 or _wants_a_windows_login(said):
        return "proxy"
    if status == 404 or _PLAIN_HTTP.search(said.words):
        return "gateway" if said.at_gateway else "page"
    return "page" if _of_atlassian(said) else "proxy"


def _of_atlassian(said: ErrorBody) -> bool:
    return said.server.startswith("Atlassian") or "status-code" in said.body


def _is_a_bare_line(said: ErrorBody) -> bool:
    """Recognize a filter's 403: Jira refuses a thing in JSON, or silently."""
    is_text = said.answer.headers.get("Content-Type", "").startswith("text/")
    return said.answer.status == 403 and is_text and not said.body and bool(said.text)


def _wants_a_windows_login(said: ErrorBody) -> bool:
    """Recognize a company's proxy: neither Jira nor Atlassian asks for one of these."""
    wanted = said.answer.headers.get("WWW-Authenticate", "").lower()
    return said.answer.status == 401 and wanted.startswith(("negotiate", "ntlm"))


def _address(said: ErrorBody) -> tuple[str, str]:
    return (
        f"{said.host} refuses the IP address of this machine {_told(said)}",
        "Ask an organization admin to add the public IP address of this machine to the IP allowlist at "
        "admin.atlassian.com (Security).",
    )


def _suspended(said: ErrorBody) -> tuple[str, str]:
    reason = (
        f"{said.host} is not available: it answered {said.asked} with {said.answer.status}: "
        f"{said.text.rstrip('.') or 'no explanation'}."
    )
    if said.answer.status == 402 or _UNPAID.search(said.words):
        return (
            reason,
            "Ask the site's billing contact to check admin.atlassian.com (Billing): the site is "
            "unpaid, suspended or deactivated.",
        )
    return (
        reason,
        "Open the site in a browser. If that fails too, ask an organization admin whether "
        "admin.atlassian.com shows it as suspended or deactivated.",
    )


def _browser(said: ErrorBody) -> tuple[str, str]:
    return (
        f"{said.host} treats the request as a browser request and refuses it {_told(said)}",
        "Ask the owner of the proxy between this machine and Jira to pass the User-Agent header "
        "unchanged, and to add no Origin or Referer header.",
    )


def _edge(said: ErrorBody) -> tuple[str, str]:
    request_id = re.search(rb"Request ID: ([\w=+/-]+)", said.answer.body)
    named = f" with the request id {request_id.group(1).decode()}" if request_id else ""
    return (
        f"Atlassian's edge network rejected {said.asked} at {said.host} before it reached Jira {_told(said)}",
        f"Try again in a few minutes. If the error persists, contact Atlassian's support{named}, and "
        "ask the owner of this machine's network whether a proxy changes requests.",
    )


def _gateway(said: ErrorBody) -> tuple[str, str]:
    return (
        f"Atlassian's gateway found no Jira for {said.host}{_mount(said)} {_told(said)}",
        "Try again later. If the error persists, run `jira-assets connect` again, and check "
        "JIRA_CLOUD_ID if it is set.",
    )


def _proxy(said: ErrorBody) -> tuple[str, str]:
    named = f" ({said.server})" if said.server else ""
    reason = (
        f"The response of {said.host} to {said.asked} comes from a proxy or another web server{named}, "
        f"not from Jira {_told(said)}"
    )
    if said.answer.status == 407 or _wants_a_windows_login(said):
        return (
            reason,
            "Add the user name and password of the proxy to HTTPS_PROXY, or ask its owner to pass "
            f"requests to {said.host} without a login.",
        )
    return (
        reason,
        f"Ask the owner of the proxy or firewall to allow {said.answer.method} requests to {said.host}. "
        "JIRA_SITE_URL must be the address of Jira itself.",
    )


def _page(said: ErrorBody) -> tuple[str, str]:
    if _PLAIN_HTTP.search(said.words):
        return (
            f"{said.host} requires https, and the request was sent by http {_told(said)}",
            "Set JIRA_SITE_URL to its address with https://.",
        )
    return (
        f"The response of {said.host} to {said.asked} is not a Jira response {_told(said)}",
        "Open the address in a browser. If it is the right address (JIRA_SITE_URL), the site is "
        "unavailable, deactivated or renamed; its admin can check at admin.atlassian.com.",
    )


def _told(said: ErrorBody) -> str:
    return f"({said.answer.status}: {said.text.rstrip('.') or 'no explanation'})."


def _mount(said: ErrorBody) -> str:
    """Return the part of the path that names the site at the gateway."""
    return "/".join(said.url.path.split("/")[:4])


_WORDS: dict[Cause, Callable[[ErrorBody], tuple[str, str]]] = {
    "address": _address,
    "suspended": _suspended,
    "browser": _browser,
    "edge": _edge,
    "gateway": _gateway,
    "proxy": _proxy,
    "page": _page,
}
