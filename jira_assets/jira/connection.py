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
from jira_assets.jira.token_settings import JiraSettings, incomplete, is_complete

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
class BearerToken:
    """An API token that is sent alone; the gateway takes those of service accounts so."""

    api_token: str = field(repr=False)

    def __str__(self) -> str:
        return "the API token"

    def auth(self) -> AuthBase:
        """Sign requests."""
        return _BearerAuth(lambda: self.api_token)


class GatewayToken:
    """An API token of the settings with its e-mail: sent as Basic, or as Bearer where that is refused."""

    def __init__(self, email: str, api_token: str) -> None:
        self.basic, self.bearer = BasicToken(email, api_token), BearerToken(api_token)
        self._accepted: BasicToken | BearerToken = self.basic

    def __str__(self) -> str:
        return str(self.basic)

    def auth(self) -> AuthBase:
        """Sign requests in the form that was not refused."""
        return _GatewayAuth(lambda: self._accepted.auth())

    def renew(self, refused: str, status: int) -> bool:
        """Change to the other form; return whether that is worth another request.

        A refused Bearer is no reason to repeat the request: Basic was refused before.
        """
        was_basic = refused.startswith("Basic ")
        if was_basic and status == 401:
            self._accepted = self.bearer
        elif not was_basic and status in (401, 403):
            self._accepted = self.basic
        return was_basic and status == 401


@dataclass(frozen=True)
class Bearer:
    """An OAuth access token, asked for anew at each request because it lives for an hour."""

    token_supplier: Callable[[], str] = field(repr=False)
    renew: Callable[[str, int], bool] | None = field(default=None, repr=False)
    """Takes the token that was refused, and the status; returns whether another request is worth it."""
    name: str = "the OAuth grant"

    def __str__(self) -> str:
        return self.name

    def auth(self) -> AuthBase:
        """Sign requests."""
        return _BearerAuth(self.token_supplier)


class _BearerAuth(AuthBase):
    def __init__(self, token_supplier: Callable[[], str]) -> None:
        self._token_supplier = token_supplier

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token_supplier()}"
        return request


class _GatewayAuth(AuthBase):
    def __init__(self, choose: Callable[[], AuthBase]) -> None:
        self._choose = choose

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed: requests.PreparedRequest = self._choose()(request)
        return signed


JiraCredential = BasicToken | BearerToken | GatewayToken | Bearer


@dataclass(frozen=True)
class Connection:
    """A Jira site and the credential for it; its text never shows a secret."""

    site_url: str
    credential: JiraCredential
    cloud_id: str | None = None
    api_url: str = ATLASSIAN_GATEWAY
    account_id: str | None = None
    """Whose credential it is, where that is known: no one else's will do."""

    def __post_init__(self) -> None:
        if not isinstance(self.credential, BasicToken) and not self.cloud_id:
            kind = "An OAuth token" if isinstance(self.credential, Bearer) else "A token without an e-mail"
            raise SettingsError(
                f"{kind} works only through Atlassian's gateway, which requires the cloud id of the site.",
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
        """Connect with an API token from the settings; that of a service account needs no e-mail."""
        site, token, cloud_id = settings.jira_site_url, settings.jira_api_token, settings.jira_cloud_id
        if not (site and token and is_complete(settings)):
            raise incomplete(settings)
        credential = _token_of(settings.jira_email, token, through_gateway=bool(cloud_id))
        return cls(site, credential, cloud_id or None, settings.jira_api_url or ATLASSIAN_GATEWAY)


def _token_of(email: str | None, token: str, *, through_gateway: bool) -> JiraCredential:
    if not email:
        return BearerToken(token)
    return GatewayToken(email, token) if through_gateway else BasicToken(email, token)


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
