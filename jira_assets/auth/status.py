"""How this home is connected, without asking Jira: what `status`, `doctor` and an asset check say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from jira_assets.auth.remedies import advice_for, reconnect_advice
from jira_assets.errors import SettingsError
from jira_assets.jira.token_settings import incomplete, is_complete
from jira_assets.qualified import split
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State, TrackedProject
from jira_assets.state.models import CredentialKind

SOON = timedelta(days=14)
KINDS: dict[CredentialKind, str] = {
    "oauth": "OAuth",
    "client_credentials": "OAuth client credentials",
    "api_token": "stored API token",
    "bearer_api_token": "stored API token, sent as Bearer",
}


@dataclass(frozen=True)
class Connected:
    """Who is connected to which site, until when, and what is wrong with it.

    `can_sync` is whether the next sync can sign in, as far as is known without asking Jira.
    """

    site_url: str | None = None
    kind: str | None = None
    account: str | None = None
    scopes: tuple[str, ...] = ()
    reconnect_by: datetime | None = None
    trouble: str | None = None
    remedy: str | None = None
    ends_soon: bool = False
    """Whether the trouble is that the consent ends soon; until then syncs go on."""

    @property
    def can_sync(self) -> bool:
        """Return whether the next sync has something to sign in with."""
        return self.trouble is None or self.ends_soon


def sites_in_use(sites: Sequence[ConnectedSite], projects: Iterable[TrackedProject]) -> list[ConnectedSite]:
    """Return the sites with tracked projects, whose connection matters; the first where there are none."""
    used = {split(project.project_id)[0] for project in projects} or {""}
    return [site for site in sites if site.prefix in used]


def connected_sites(settings: Settings, state: State) -> list[ConnectedSite]:
    """Return the sites that have a credential; the first, whose error says how to connect, where none has."""
    sites = state.sites.all()
    connected = [
        site
        for site in sites
        if (site.is_first and settings.jira_api_token) or state.of(site).credentials.current() is not None
    ]
    return connected or sites[:1]


def connected_as(settings: Settings, state: State, now: datetime | None = None) -> Connected:
    """Return what the next sync of the site would sign in with; of the first one, for a view of the home."""
    credential, site = state.credentials.current(), state.credentials.site()
    if site.is_first and (settings.jira_api_token or credential is None):
        return _set(settings)
    if credential is None:
        remedy = f"Connect it with `jira-assets connect --site-name {site.label}`. Synced data is kept."
        return Connected(site.url, trouble=f"The site {site.label} is not connected.", remedy=remedy)
    found = _stored(credential, site, now or datetime.now(UTC))
    sealed = _sealed(settings, credential) if found.can_sync else None
    if sealed is None:
        return found
    remedy = advice_for(sealed.instruction, site)
    return replace(found, trouble=sealed.reason, remedy=remedy, ends_soon=False)


def _sealed(settings: Settings, credential: Credential) -> SettingsError | None:
    """Return why the credential cannot be decrypted, if it cannot."""
    from jira_assets.state.encryption import open_secret_box  # late: it imports cryptography

    try:
        box = open_secret_box(settings.secret_key, settings.secret_key_file, may_create=False)
        box.open(credential.secrets)
    except SettingsError as error:
        return error
    return None


def _set(settings: Settings) -> Connected:
    """What the environment or .env says, which comes first."""
    if not is_complete(settings):
        error = incomplete(settings)
        return Connected(settings.jira_site_url, trouble=error.reason, remedy=error.instruction)
    kind = f"API token from {settings.source('jira_api_token')}"
    return Connected(settings.jira_site_url, kind, settings.jira_email)


def _stored(credential: Credential, site: ConnectedSite, now: datetime) -> Connected:
    trouble = _trouble(credential, now)
    return Connected(
        site.url,
        KINDS[credential.kind],
        credential.display_name,
        tuple((credential.scopes or "").split()),
        credential.reconnect_by,
        trouble,
        advice_for(reconnect_advice(credential.kind), site) if trouble else None,
        bool(trouble) and not credential.consent_lost_at and not _ended(credential, now),
    )


def _trouble(credential: Credential, now: datetime) -> str | None:
    if credential.consent_lost_at:
        since = f"{credential.consent_lost_at:%Y-%m-%d %H:%M} UTC"
        return f"Syncs have stopped: {credential.consent_lost_why} Detected {since}."
    if credential.reconnect_by and _ended(credential, now):
        return f"The consent ended on {credential.reconnect_by:%Y-%m-%d}."
    if credential.reconnect_by and credential.reconnect_by - now < SOON:
        return f"The consent ends on {credential.reconnect_by:%Y-%m-%d}."
    return None


def _ended(credential: Credential, now: datetime) -> bool:
    return credential.reconnect_by is not None and credential.reconnect_by <= now
