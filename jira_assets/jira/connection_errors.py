"""From a connection that failed to the error that says what to do about it, a sentence for each cause."""

from __future__ import annotations

import ssl
from http.client import BadStatusLine
from socket import gaierror
from urllib.parse import urlsplit

from requests import ConnectTimeout, ReadTimeout, RequestException
from requests.exceptions import InvalidProxyURL, ProxyError

from jira_assets.errors import JiraUnavailable, SettingsError

_SPEAKS_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST"}
_LATER = "Try again later. No data is lost. The next sync continues."


def unreachable(error: RequestException | ValueError, endpoint: str, base_url: str) -> JiraUnavailable:
    """Return the error for a request that got no whole answer.

    Raises SettingsError where another attempt is vain: a ValueError means that nothing could be sent.
    """
    cause = _first_cause(error)
    if isinstance(error, ValueError):
        # Without the cause: it may quote a header, which is where the token is, or the proxy's password.
        raise _cannot_be_sent(error, base_url) from None
    if isinstance(error, ProxyError):
        return _by_proxy(error, cause, endpoint, base_url)
    if isinstance(cause, ssl.SSLError):
        return _by_tls(cause, endpoint, base_url)
    if isinstance(cause, BadStatusLine) and "\x15\x03" in str(cause) and base_url.startswith("http:"):
        raise SettingsError(
            f"{base_url} requires https.", "Use an address that begins with https://."
        ) from None
    reason, instruction = _what_failed(error, cause, base_url)
    return JiraUnavailable(
        f"The request to {endpoint} at {base_url} got no complete response: {reason}.", instruction
    )


def host_unreachable(error: BaseException) -> bool:
    """Return whether not even a connection came about: a wrong address looks like this."""
    return isinstance(error, ConnectTimeout) or isinstance(
        _first_cause(error), gaierror | ConnectionRefusedError
    )


def _cannot_be_sent(error: ValueError, base_url: str) -> SettingsError:
    if isinstance(error, InvalidProxyURL):
        return SettingsError(
            "The address of the proxy is not valid.",
            "Check HTTPS_PROXY. Its format is http://proxy.acme.com:8080.",
        )
    return SettingsError(
        f"The request to {base_url} could not be created ({type(error).__name__}).",
        "Check JIRA_SITE_URL and JIRA_API_TOKEN for invalid characters.",
    )


def _by_proxy(error: ProxyError, cause: BaseException, endpoint: str, base_url: str) -> JiraUnavailable:
    """Say what the proxy of HTTPS_PROXY did; its address is left out, it may hold a password."""
    said = str(cause)
    if "407" in said:
        raise SettingsError(
            f"The proxy for {base_url} requires a login (407).",
            "Add its user name and password to HTTPS_PROXY, or ask its owner to allow this machine.",
        ) from None
    if isinstance(cause, ssl.SSLError):
        raise SettingsError(
            "The proxy in HTTPS_PROXY does not support https connections to itself.",
            "Change the address in HTTPS_PROXY to http://.",
        ) from None
    told = said if said.startswith("Tunnel connection failed") else _named(cause)
    return JiraUnavailable(
        f"The request to {endpoint} at {base_url} did not get through the proxy in HTTPS_PROXY ({told}).",
        f"Ask the owner of the proxy to allow requests to {_host(base_url)}, or add the host to NO_PROXY.",
    )


def _by_tls(cause: ssl.SSLError, endpoint: str, base_url: str) -> JiraUnavailable:
    if isinstance(cause, ssl.SSLCertVerificationError):
        raise SettingsError(
            f"The certificate of {base_url} cannot be verified: {cause.verify_message.rstrip('.')}.",
            "Check JIRA_SITE_URL. Behind a company proxy, set REQUESTS_CA_BUNDLE to the proxy's certificate.",
        ) from cause
    if cause.reason in _SPEAKS_NO_TLS:
        raise SettingsError(
            f"{base_url} does not support https at this port.",
            "Set JIRA_SITE_URL to the https address of the site, as shown in a browser.",
        ) from None
    return JiraUnavailable(
        f"No encrypted connection could be made for {endpoint} at {base_url} "
        f"({cause.reason or _named(cause)}).",
        f"{_LATER} If the error persists, ask the owner of this machine's network whether a proxy "
        "intercepts connections.",
    )


def _what_failed(error: RequestException, cause: BaseException, base_url: str) -> tuple[str, str]:
    host = _host(base_url)
    if isinstance(cause, gaierror):
        return (
            f"the host name {host} cannot be resolved ({_named(cause)})",
            "Check the address for typing errors, and the network and DNS of this machine.",
        )
    if isinstance(cause, ConnectionRefusedError):
        return (
            f"no server listens at this address and port ({_named(cause)})",
            "Check the address and its port. No data is lost.",
        )
    if isinstance(error, ConnectTimeout):
        return (
            "the connection timed out",
            "Ask the owner of this machine's network whether a firewall or a proxy (HTTPS_PROXY) is "
            f"between it and {host}.",
        )
    if isinstance(error, ReadTimeout) or isinstance(cause, TimeoutError):
        return "the response timed out", _LATER
    # Anyone who speaks https hangs up on a question in plain http.
    https = (
        f" If {host} requires https, use an address that begins with https://."
        if base_url.startswith("http:")
        else ""
    )
    return f"the connection was closed ({_named(cause)})", f"{_LATER}{https}"


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or base_url


def _first_cause(error: BaseException) -> BaseException:
    """Find what happened at the bottom; the texts of errors further up quote whole addresses."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _named(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
