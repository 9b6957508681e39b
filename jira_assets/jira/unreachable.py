"""From a connection that failed to the error that says what to do about it."""

from __future__ import annotations

from socket import gaierror

from requests import ConnectTimeout, RequestException

from jira_assets.errors import JiraUnavailable, SettingsError


def unreachable(error: RequestException | ValueError, endpoint: str, base_url: str) -> JiraUnavailable:
    """Give the error for a request that got no whole answer.

    Raises SettingsError where another attempt is vain: a ValueError means that nothing could be sent.
    """
    if isinstance(error, ValueError):
        # Without the cause: it may quote a header, which is where the token is.
        raise SettingsError(
            f"No request can be made to {base_url} ({type(error).__name__}).",
            "Check JIRA_SITE_URL and JIRA_API_TOKEN for letters that do not belong there.",
        ) from None
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise SettingsError(
            f"The certificate of {base_url} cannot be verified.",
            "Check JIRA_SITE_URL; behind a company's proxy set REQUESTS_CA_BUNDLE to its certificate.",
        ) from error
    return JiraUnavailable(
        f"{endpoint} at {base_url} got no whole answer ({_named(_first_cause(error))}).",
        "Check the address and the network, then try again; nothing is lost.",
    )


def nobody_there(error: BaseException) -> bool:
    """Tell whether not even a connection came about: a wrong address looks like this."""
    return isinstance(error, ConnectTimeout) or isinstance(
        _first_cause(error), gaierror | ConnectionRefusedError
    )


def _first_cause(error: BaseException) -> BaseException:
    """Find what happened at the bottom; the texts of errors further up quote whole addresses."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _named(error: BaseException) -> str:
    if "WRONG_VERSION_NUMBER" in str(error):
        return "nothing there speaks https"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
