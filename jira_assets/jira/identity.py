"""Who Jira takes us for, and which site it is."""

from __future__ import annotations

import msgspec

from jira_assets.errors import AuthenticationError, NotFound, SettingsError
from jira_assets.jira.batch_splitting import FAILURES_FOR_GOOD
from jira_assets.jira.endpoints import Endpoints
from jira_assets.jira.models import Identity, ServerInfo, TenantInfo


class IdentityEndpoints(Endpoints):
    """Questions about ourselves and the site."""

    def fetch_identity(self) -> Identity:
        """Ask who we are; no one else may ask that, so an answer proves the credential."""
        try:
            answer = self.transport.request("GET", "/rest/api/3/myself", failures=FAILURES_FOR_GOOD)
        except NotFound as error:
            raise SettingsError(
                f"No Jira was found at {self.transport.connection.base_url}: the endpoint /myself does "
                "not exist there.",
                "Check JIRA_SITE_URL, and JIRA_CLOUD_ID if it is set.",
            ) from error
        answered_at = answer.date or self.transport.clock()
        return msgspec.structs.replace(answer.decode(Identity), answered_at=answered_at)

    def prove_identity(self, expected_account_id: str | None) -> Identity:
        """Ask who we are and insist on the account; raises AuthenticationError when it is another one."""
        expected_account_id = expected_account_id or self.transport.connection.account_id
        identity = self.fetch_identity()
        if expected_account_id and identity.account_id != expected_account_id:
            raise AuthenticationError(
                f"Jira identifies this credential as {identity.display_name or 'another account'} "
                f"({identity.account_id}), but the site was connected as {expected_account_id}.",
                "Use the token of the account that was connected, or run `jira-assets connect` as the "
                "new account.",
                account_id=identity.account_id,
            )
        return identity

    def fetch_server_info(self) -> ServerInfo:
        """Ask what kind of Jira it is, and its address."""
        return self._get("/rest/api/3/serverInfo", ServerInfo)

    def fetch_tenant_info(self) -> TenantInfo:
        """Ask for the cloud id of the site."""
        return self._get("/_edge/tenant_info", TenantInfo)
