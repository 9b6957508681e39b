"""How this home is connected, without asking Jira: what `status`, `doctor` and an asset check say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from jira_assets.auth.remedies import reconnect_advice
from jira_assets.errors import SettingsError
from jira_assets.jira.token_settings import incomplete, is_complete
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
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


def connected_as(settings: Settings, state: State, now: datetime | None = None) -> Connected:
    """Return what the next sync would sign in with."""
    credential, site = state.credentials.current(), state.credentials.site()
    if settings.jira_api_token or credential is None:
        return _set(settings)
    found = _stored(credential, site, now or datetime.now(UTC))
    sealed = _sealed(settings, credential) if found.can_sync else None
    return (
        found
        if sealed is None
        else replace(found, trouble=sealed.reason, remedy=sealed.instruction, ends_soon=False)
    )


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
        reconnect_advice(credential.kind) if trouble else None,
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
