"""The accounts of people who are to be forgotten: their names and addresses are never kept again."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from jira_assets.state.database import StatePart
from jira_assets.state.models import ForgottenAccount
from jira_assets.state.tables import forgotten_accounts, user_overrides


class Forgotten(StatePart):
    """Keep account ids, no names; what was read before is erased some time after an account is put here."""

    def all(self) -> list[ForgottenAccount]:
        """List the forgotten accounts by id."""
        query = select(forgotten_accounts).order_by(forgotten_accounts.c.account_id)
        with self._database.reading() as connection:
            return [ForgottenAccount(**row) for row in connection.execute(query).mappings()]

    def add(self, account_id: str) -> None:
        """Put an account on the list, to be erased, and remove the decision about it."""
        row = {"account_id": account_id, "forgotten_at": self._database.clock(), "erased_at": None}
        with self._database.writing() as connection:
            self._database.upsert(connection, forgotten_accounts, row)
            connection.execute(delete(user_overrides).where(user_overrides.c.account_id == account_id))

    def note_erased(self, account_id: str) -> None:
        """Note that nothing of it is left in the home."""
        with self._database.writing() as connection:
            connection.execute(
                update(forgotten_accounts)
                .where(forgotten_accounts.c.account_id == account_id)
                .values(erased_at=self._database.clock())
            )

    def remove(self, account_id: str) -> bool:
        """Take an account off the list; return whether it was there."""
        with self._database.writing() as connection:
            gone = connection.execute(
                delete(forgotten_accounts).where(forgotten_accounts.c.account_id == account_id)
            )
            return gone.rowcount > 0
