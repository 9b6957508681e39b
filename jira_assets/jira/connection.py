"""Which Jira site, as whom, at which address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from jira_assets import __version__
from jira_assets.errors import SettingsError
from jira_assets.jira.token_settings import JiraSettings, incomplete

ATLASSIAN_GATEWAY = "https://api.atlassian.com"


@dataclass(frozen=True)
class BasicToken:
    """An Atlassian account's e-mail with one of its API tokens."""

    email: str
    api_token: str = field(repr=False)

    def __str__(self) -> str:
        return f"the API token of {self.email}"

    def auth(self) -> AuthBase:
        """Sign requests."""
        # As bytes: requests would encode an e-mail or token in Latin-1 and fail on other letters.
        return HTTPBasicAuth(self.email.encode(), self.api_token.encode())


@dataclass(frozen=True)
class Bearer:
    """An OAuth access token, asked for anew at each request because it lives for an hour."""

    token_supplier: Callable[[], str] = field(repr=False)
    renew: Callable[[str, int], bool] | None = field(default=None, repr=False)
    """Hears which token was refused with which status, and says whether asking again is worth it."""

    def __str__(self) -> str:
        return "the OAuth grant"

    def auth(self) -> AuthBase:
        """Sign requests."""
        return _BearerAuth(self.token_supplier)


class _BearerAuth(AuthBase):
    def __init__(self, token_supplier: Callable[[], str]) -> None:
        self._token_supplier = token_supplier

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token_supplier()}"
        return request


@dataclass(frozen=True)
class Connection:
    """A Jira site and the credential for it; its text never shows a secret."""

    site_url: str
    credential: BasicToken | Bearer
    cloud_id: str | None = None
    api_url: str = ATLASSIAN_GATEWAY
    account_id: str | None = None
    """Whose credential it is, where that is known: no one else's will do."""

    def __post_init__(self) -> None:
        if isinstance(self.credential, Bearer) and not self.cloud_id:
            raise SettingsError(
                "An OAuth token works only through Atlassian's gateway, which requires the cloud id of "
                "the site.",
                "Run `jira-assets connect` again, or set JIRA_CLOUD_ID.",
            )

    @property
    def base_url(self) -> str:
        """Where requests go: the gateway when a cloud id is set, else the site itself."""
        if self.cloud_id:
            return f"{self.api_url.rstrip('/')}/ex/jira/{self.cloud_id}"
        return self.browse_url

    @property
    def browse_url(self) -> str:
        """The site's own address, where people read issues."""
        return self.site_url.rstrip("/")

    def address(self, path: str) -> str:
        """Return the whole address of a path; the edge answers on the site only."""
        return (self.browse_url if path.startswith("/_edge/") else self.base_url) + path

    @classmethod
    def from_settings(cls, settings: JiraSettings) -> Connection:
        """Connect with an e-mail and an API token from the settings."""
        site, email, token = settings.jira_site_url, settings.jira_email, settings.jira_api_token
        if not (site and email and token):
            raise incomplete(settings)
        api_url = settings.jira_api_url or ATLASSIAN_GATEWAY
        return cls(site, BasicToken(email, token), settings.jira_cloud_id or None, api_url)


def open_session(connection: Connection, *, pool_size: int = 8) -> requests.Session:
    """Open the session that every request of a connection goes through."""
    session = requests.Session()
    # Jira answers in the language of the account's profile unless a header forbids it.
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Language": "en",
            "X-Force-Accept-Language": "true",
            "User-Agent": f"jira_assets/{__version__}",
        }
    )
    # As `auth`, not as a header: a ~/.netrc entry for the host would silently replace a header.
    session.auth = connection.credential.auth()
    # A session cookie could continue answering after the credential died.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool_size, pool_block=False, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
