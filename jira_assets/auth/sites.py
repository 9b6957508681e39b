"""Which sites a grant reaches, and what kind of Jira answers at an address."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
import requests

from jira_assets.errors import (
    AuthenticationError,
    InputError,
    JiraAssetsError,
    JiraUnavailable,
    SettingsError,
    SiteUnavailable,
)
from jira_assets.jira.connection_errors import unreachable
from jira_assets.jira.error_mapping import error_from
from jira_assets.jira.record_parser import read_records
from jira_assets.jira.response import Response

_CONNECT_AND_READ_SECONDS = (10, 30)


class AccessibleSite(msgspec.Struct, frozen=True):
    """A site that a grant reaches; one of Jira and one of Confluence may share an id."""

    id: str
    url: str
    name: str = ""
    scopes: list[str] = []

    @property
    def has_jira(self) -> bool:
        """Return whether the site has Jira; some have Confluence only."""
        return any("jira" in scope for scope in self.scopes)


class _ServerInfo(msgspec.Struct, rename="camel"):
    deployment_type: str | None = None
    version: str | None = None


class _TenantInfo(msgspec.Struct, rename="camel"):
    cloud_id: str


def fetch_accessible_sites(api_url: str, access_token: str) -> list[AccessibleSite]:
    """Ask which sites with Jira an access token reaches; each once."""
    answer = _get(f"{api_url.rstrip('/')}/oauth/token/accessible-resources", access_token)
    if answer.status != 200:
        raise error_from(answer, "the OAuth grant")
    found = read_records(answer.decode(list[msgspec.Raw]), AccessibleSite)
    with_jira = {site.id: site for site in found if site.has_jira}
    if not with_jira:
        raise AuthenticationError(_without_jira(found), _CHOOSE_A_SITE_WITH_JIRA)
    return list(with_jira.values())


_CHOOSE_A_SITE_WITH_JIRA = (
    "Run `jira-assets connect` again and choose a site with Jira on the consent page, using an account "
    "that has access to Jira there. The app requires the Jira API permission read:jira-work."
)


def _without_jira(found: Sequence[AccessibleSite]) -> str:
    if not found:
        return "The consent covers no site."
    return f"The consent covers {', '.join(site.url for site in found)}, but no site with Jira."


def pick_site(sites: Sequence[AccessibleSite], wanted: str | None) -> AccessibleSite | None:
    """Pick the wanted site, or the only one; None when a person has to choose."""
    if wanted is None:
        return sites[0] if len(sites) == 1 else None
    for site in sites:
        if is_at(site, wanted):
            return site
    raise AuthenticationError(
        f"The consent does not cover {wanted}, only {', '.join(site.url for site in sites)}.",
        "Run `jira-assets connect` again and choose that site on the consent page, or use another --site.",
    )


def is_at(site: AccessibleSite, url: str) -> bool:
    """Return whether this is the address of the site."""
    return urlsplit(site.url).netloc.lower() == urlsplit(url).netloc.lower()


def insist_on_cloud(site_url: str) -> None:
    """Raise unless a Jira Cloud site answers there; a Jira of one's own machines is told what is missing."""
    answer = _get(f"{site_url.rstrip('/')}/rest/api/2/serverInfo")
    if answer.status == 200 and answer.is_json():
        info = answer.decode(_ServerInfo)
    else:
        _insist_on_a_jira(site_url, answer)
        info = _ServerInfo()
    if info.deployment_type and info.deployment_type != "Cloud":
        raise InputError(
            f"{site_url} runs Jira {info.deployment_type} {info.version or ''}".rstrip()
            + ", not Jira Cloud.",
            "jira_assets supports only Jira Cloud. It requires token-based search paging, bulk "
            "changelogs and account ids, which Server and Data Center do not provide. Nothing was "
            "changed.",
        )


def _insist_on_a_jira(site_url: str, answer: Response) -> None:
    """Raise unless the answer is that of a Jira that hides its serverInfo from strangers."""
    if answer.status >= 500 or answer.status == 429:
        raise JiraUnavailable(
            f"{site_url} does not answer normally (status {answer.status}).",
            "Try again later. Nothing was changed.",
        )
    refusal = error_from(answer)
    if isinstance(refusal, SiteUnavailable | SettingsError) and refusal.facts.get("cause") != "page":
        raise refusal
    if answer.status not in (401, 403) and not isinstance(refusal, AuthenticationError):
        told = "a web page was returned" if answer.status == 200 else f"status {answer.status}"
        raise InputError(
            f"No Jira was found at {site_url} ({told}).",
            "Check the address: it is the part before /browse or /jira in the browser.",
        )


def fetch_cloud_id(site_url: str) -> str | None:
    """Ask a site for the id under which the gateway knows it; None where it does not tell."""
    try:
        answer = _get(f"{site_url.rstrip('/')}/_edge/tenant_info")
    except JiraAssetsError:
        return None
    return answer.decode(_TenantInfo).cloud_id if answer.status == 200 and answer.is_json() else None


def find_cloud_id(site_url: str, known: str | None) -> str:
    """Return the known cloud id, or that which the site names; raises `InputError` where it names none."""
    cloud_id = known or fetch_cloud_id(site_url)
    if cloud_id is None:
        raise InputError(
            f"{site_url} did not return its cloud id, which Atlassian's gateway requires.",
            "Check the address: acme.atlassian.net, not the name of another host. Or set JIRA_CLOUD_ID: it "
            f"is the cloudId of {site_url.rstrip('/')}/_edge/tenant_info in a browser.",
        )
    return cloud_id


def _get(url: str, bearer: str | None = None) -> Response:
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    try:
        with requests.Session() as session:
            session.auth = lambda request: request  # no ~/.netrc entry replaces what we send
            response = session.get(
                url, headers=headers, timeout=_CONNECT_AND_READ_SECONDS, allow_redirects=False
            )
    except requests.exceptions.InvalidURL:
        raise SettingsError(f"{url} is not a valid address.", "Check it for invalid characters.") from None
    except requests.RequestException as error:
        parts = urlsplit(url)
        raise unreachable(error, f"GET {parts.path}", f"{parts.scheme}://{parts.netloc}") from None
    return Response(response.status_code, response.headers, response.content, "GET", url)
