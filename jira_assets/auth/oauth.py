"""OAuth 2.0 with Atlassian: where a person agrees, and what a code, a refresh token or a secret gets."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import AuthBase
from requests_oauthlib import OAuth2Session

from jira_assets import __version__
from jira_assets.errors import AuthenticationError, SettingsError
from jira_assets.jira.connection_errors import unreachable
from jira_assets.jira.error_body import ErrorBody
from jira_assets.jira.error_mapping import error_from
from jira_assets.jira.response import Response

# Short: on SQLite every process that writes to the state waits for the one that refreshes.
_CONNECT_AND_READ_SECONDS = (5, 20)
_USUAL_LIFE = 3600
_AUDIENCE = "api.atlassian.com"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_insecure = threading.Lock()

# Both print tokens when they are told to be talkative.
for _name in ("requests_oauthlib", "oauthlib"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gives; the refresh token is None where offline access was not granted."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class OAuthApp:
    """An app, or the OAuth 2.0 credential of a service account, and the address of Atlassian."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_url: str = "https://auth.atlassian.com"

    def consent_url(self, redirect_uri: str, state: str, scopes: Sequence[str]) -> str:
        """Return the address of the consent page."""
        query = {
            "audience": _AUDIENCE,
            "client_id": self.client_id,
            "scope": " ".join(scopes),
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "prompt": "consent",
        }
        return f"{self.auth_url}/authorize?{urlencode(query)}"

    def redeem(self, code: str, redirect_uri: str) -> Tokens:
        """Turn the code that a consent brought into tokens."""
        with self._session(redirect_uri) as session:
            return self._asked(
                lambda: session.fetch_token(
                    self._token_url,
                    code=code,
                    include_client_id=True,
                    client_secret=self.client_secret,
                    auth=_AsJson(),
                    timeout=_CONNECT_AND_READ_SECONDS,
                )
            )

    def refresh(self, refresh_token: str) -> Tokens:
        """Get new tokens; the refresh token that was used is worth nothing ten minutes later.

        Raises ReconnectNeeded when Atlassian no longer knows the grant, JiraUnavailable or RateLimited when
        trying again may help.
        """
        with self._session() as session:
            return self._asked(
                lambda: session.refresh_token(
                    self._token_url,
                    refresh_token=refresh_token,
                    client_id=self.client_id,
                    client_secret=self.client_secret,
                    auth=_AsJson(),
                    timeout=_CONNECT_AND_READ_SECONDS,
                )
            )

    def request(self) -> Tokens:
        """Get an access token of a service account, by the id and secret alone; it cannot be refreshed."""
        with self._session(client=BackendApplicationClient(self.client_id)) as session:
            return self._asked(
                lambda: session.fetch_token(
                    self._token_url,
                    include_client_id=True,
                    client_secret=self.client_secret,
                    audience=_AUDIENCE,
                    auth=_AsJson(),
                    timeout=_CONNECT_AND_READ_SECONDS,
                )
            )

    @property
    def _token_url(self) -> str:
        return f"{self.auth_url}/oauth/token"

    @contextmanager
    def _session(
        self, redirect_uri: str | None = None, client: BackendApplicationClient | None = None
    ) -> Iterator[OAuth2Session]:
        with OAuth2Session(self.client_id, redirect_uri=redirect_uri, client=client) as session:
            session.headers["User-Agent"] = f"jira_assets/{__version__}"
            for moment in ("access_token_response", "refresh_token_response"):
                session.register_compliance_hook(moment, _refuse)
            yield session

    def _asked(self, ask: Callable[[], Mapping[str, Any]]) -> Tokens:
        try:
            with _plain_http_for_loopback(self.auth_url):
                token = ask()
        except requests.RequestException as error:
            raise unreachable(error, "POST /oauth/token", self.auth_url) from None
        except OAuth2Error as error:
            raise AuthenticationError(
                f"Atlassian's response contained no token ({error.error}).",
                "Run `jira-assets connect` again.",
            ) from None
        return _read(token)


def _read(token: Mapping[str, Any]) -> Tokens:
    scope = token.get("scope") or ()
    scopes = scope.split() if isinstance(scope, str) else scope
    life = int(token.get("expires_in") or _USUAL_LIFE)
    return Tokens(token["access_token"], token.get("refresh_token"), life, tuple(scopes))


def _refuse(response: requests.Response) -> requests.Response:
    """Leave a good answer to oauthlib; any other becomes the error that says what to do."""
    url = urlsplit(response.url)._replace(query="").geturl()
    answer = Response(response.status_code, response.headers, response.content, "POST", url)
    if response.status_code != 200 or not answer.is_json() or ErrorBody(answer).oauth_error:
        raise error_from(answer)
    return response


class _AsJson(AuthBase):
    """Send the request as Atlassian documents it, in JSON; oauthlib writes a form.

    As `auth`, so that no ~/.netrc entry adds a password of its own.
    """

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        request.prepare_body(None, None, json=dict(parse_qsl(str(body))))
        request.headers["Content-Type"] = "application/json"
        return request


@contextmanager
def _plain_http_for_loopback(url: str) -> Iterator[None]:
    """Allow oauthlib to use http for this machine only, where the connection cannot be overheard."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        yield
        return
    if parts.hostname not in _LOOPBACK:
        raise SettingsError(
            f"{url} uses http: secrets would be sent unencrypted.", "Set JIRA_AUTH_URL to an https address."
        )
    with _insecure:
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        try:
            yield
        finally:
            del os.environ["OAUTHLIB_INSECURE_TRANSPORT"]
