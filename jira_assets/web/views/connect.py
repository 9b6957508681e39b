"""Connect the home to a Jira site from the page: the same steps and checks as `jira-assets connect`.

A secret comes in the body of a form, is kept encrypted once it was proven, and is never shown again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.auth.callback_server import callback_url
from jira_assets.auth.status import connected_as
from jira_assets.errors import AuthenticationError, InputError, JiraAssetsError
from jira_assets.lake.home_lake import first_site
from jira_assets.qualified import read_short_name
from jira_assets.settings.load import Settings
from jira_assets.settings.values import read_email, read_url
from jira_assets.web.app_state import AppState
from jira_assets.web.forms import Form, read_form
from jira_assets.web.templating import render

if TYPE_CHECKING:
    from jira_assets.auth.home_sites import FindHeldSite
    from jira_assets.auth.oauth import OAuthApp
    from jira_assets.auth.sites import AccessibleSite
    from jira_assets.auth.verify import ApiToken

SECONDS_TO_ADDRESS = 30
_APP = {"site": "address of the site", "client_id": "client ID", "client_secret": "client secret"}
NEEDED = {
    "token": {"site": "address of the site", "api_token": "API token"},
    "service_account": _APP,
    "oauth": _APP,
}


@dataclass
class Consent:
    """A consent that a person was sent to give: where, and how it ended."""

    url: str = ""
    error: JiraAssetsError | None = None
    is_done: bool = False
    _known: Event = field(default_factory=Event)

    def give(self, connect: Callable[[Consent], None]) -> None:
        """Go through the steps until the browser comes back, or nothing does; keep how it ended."""
        try:
            connect(self)
            self.is_done = True
        except JiraAssetsError as error:
            self.error = error
        finally:
            self._known.set()

    def send_to(self, url: str) -> None:
        """Take the address at which the person agrees."""
        self.url = url
        self._known.set()

    def wait_for_address(self) -> None:
        """Wait until the address is known; raises what came in the way."""
        self._known.wait(SECONDS_TO_ADDRESS)
        if self.error is not None:
            raise self.error
        if not self.url:
            raise AuthenticationError("The consent page could not be prepared in time.", "Try again.")


def show(request: Request) -> Response:
    """Show the forms; while a consent is awaited, say so."""
    app_state: AppState = request.app.state.app_state
    consent: Consent | None = getattr(request.app.state, "consent", None)
    if consent is not None and consent.is_done:
        request.app.state.consent = None
        return RedirectResponse("/?said=connected", 303)
    return _page(request, app_state, consent=consent, error=consent.error if consent else None)


async def connect(request: Request) -> Response:
    """Connect by API token or as a service account, or send the person to the consent of an OAuth app."""
    form = await read_form(request)
    try:
        address = await run_in_threadpool(_connect, request, form)
    except JiraAssetsError as error:
        return await run_in_threadpool(_page, request, request.app.state.app_state, form=form, error=error)
    return RedirectResponse(address, 303)


def _connect(request: Request, form: Form) -> str:
    from jira_assets.sync.site_removal import remove_folders_of_no_site  # late: most pages connect nothing

    app_state: AppState = request.app.state.app_state
    way = form.get("way") if form.get("way") in NEEDED else "token"
    missing = [words for name, words in NEEDED[way].items() if not form.get(name)]
    if missing:
        raise InputError(f"The {' and the '.join(missing)} is missing.", "Fill in every field of the form.")
    settings = replace(app_state.settings, jira_site_url=_site(form.get("site")))
    remove_folders_of_no_site(app_state.lake, app_state.state)
    short_name = _short_name(form)
    # What is set in the environment is for the first site.
    find_first = partial(first_site, app_state.settings if short_name else settings)
    if way != "oauth":
        _connect_at_once(settings, form, way, find_first, short_name)
        return "/?said=connected"
    request.app.state.consent = consent = Consent()
    Thread(
        target=consent.give,
        args=(_by_oauth(settings, form, find_first, short_name),),
        name="consent",
        daemon=True,
    ).start()
    consent.wait_for_address()
    return "/connect"  # which shows the link: a form of this page may lead to no other site


def _site(text: str) -> str:
    try:
        return read_url(text)
    except ValueError as error:
        raise InputError(
            f"The address of the site {error}.", "Copy it from the browser, such as acme.atlassian.net."
        ) from None


def _short_name(form: Form) -> str | None:
    text = form.get("site_name").strip()
    try:
        return read_short_name(text) if text else None
    except ValueError as error:
        raise InputError(f"{error}.", "Nothing was changed.") from None


def _email(text: str) -> str:
    try:
        return read_email(text)
    except ValueError as error:
        raise InputError(f"The e-mail {error}.", "Use the one that you log in to Jira with.") from None


def _connect_at_once(
    settings: Settings, form: Form, way: str, find_first: FindHeldSite, short_name: str | None
) -> None:
    from jira_assets.auth import connect  # late: most pages connect nothing

    by = connect.connect_by_service_account if way == "service_account" else connect.connect_by_token
    by(settings, FormDialog(settings, form), find_first, short_name)


def _by_oauth(
    settings: Settings, form: Form, find_first: FindHeldSite, short_name: str | None
) -> Callable[[Consent], None]:
    from jira_assets.auth.connect import connect_by_oauth  # late, as above

    def connect(consent: Consent) -> None:
        dialog = FormDialog(settings, form, consent)
        connect_by_oauth(settings, dialog, find_first, short_name)

    return connect


class FormDialog:
    """Answers with the fields of the form. The page itself shows the outcome."""

    def __init__(self, settings: Settings, form: Form, consent: Consent | None = None) -> None:
        self._settings, self._form, self._consent = settings, form, consent or Consent()

    def site_url(self) -> str:
        """Return the address in the form."""
        return _site(self._form.get("site"))

    def api_token(self) -> ApiToken:
        """Return e-mail address and token of the form; that of a service account may stand alone."""
        from jira_assets.jira.connection import BasicToken, BearerToken

        email, token = self._form.get("email"), self._form.get("api_token")
        return BasicToken(_email(email), token) if email else BearerToken(token)

    def oauth_app(self) -> OAuthApp:
        """Return the app whose id and secret the form has."""
        from jira_assets.auth.oauth import OAuthApp

        form = self._form
        return OAuthApp(form.get("client_id"), form.get("client_secret"), self._settings.jira_auth_url)

    def service_account(self) -> OAuthApp:
        """Return the client id and secret of the form."""
        return self.oauth_app()

    def fetch_code(self, url: str, state: str) -> str:
        """Show the address of the consent page, and wait for the browser to come back from it."""
        from jira_assets.auth.consent import wait_for_code

        return wait_for_code(self._settings.callback_port, url, state, self._consent.send_to)

    def choose_site(self, sites: Sequence[AccessibleSite]) -> AccessibleSite:
        """Raise: the form names the site, so there is nothing to choose."""
        raise InputError(
            f"The consent covers {len(sites)} sites: {', '.join(site.url for site in sites)}.",
            "Enter the address of one of them.",
        )

    def say(self, text: str) -> None:
        """Show nothing: the page has no place for it while a consent is awaited."""


def _page(
    request: Request,
    app_state: AppState,
    *,
    form: Form | None = None,
    consent: Consent | None = None,
    error: JiraAssetsError | None = None,
) -> Response:
    shown = {
        name: form.get(name) if form else "" for name in ("site", "site_name", "email", "client_id", "way")
    }
    settings = app_state.settings
    return render(
        request,
        "connect.html",
        status_code=400 if form and error else 200,
        connection=connected_as(settings, app_state.state, app_state.now()),
        shown={**shown, "site": shown["site"] or app_state.site_url or ""},
        consent=consent,
        error=error,
        callback=callback_url(settings.callback_port),
        scopes=[scope for scope in settings.oauth_scopes if scope != "offline_access"],
    )
