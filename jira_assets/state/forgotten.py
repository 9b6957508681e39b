"""The accounts of people who are to be forgotten: their names and addresses are never kept again."""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import delete, select, update

from jira_assets.state.database import Database
from jira_assets.state.models import ForgottenAccount
from jira_assets.state.tables import forgotten_accounts, user_overrides


class Forgotten(Database):
    """Keep account ids, no names; what was read before is erased some time after an account is put here."""

    def forgotten(self) -> list[ForgottenAccount]:
        """List the forgotten accounts by id."""
        query = select(forgotten_accounts).order_by(forgotten_accounts.c.account_id)
        with self.reading() as connection:
            return [ForgottenAccount(**row) for row in connection.execute(query).mappings()]

    def forget_account(self, account_id: str) -> None:
        """Put an account on the list, to be erased, and remove the decision about it."""
        row = {"account_id": account_id, "forgotten_at": self.clock(), "erased_at": None}
        with self.writing() as connection:
            self.upsert(connection, forgotten_accounts, row)
            connection.execute(delete(user_overrides).where(user_overrides.c.account_id == account_id))

    def note_erased(self, account_id: str) -> None:
        """Note that nothing of it is left in the home."""
        with self.writing() as connection:
            connection.execute(
                update(forgotten_accounts)
                .where(forgotten_accounts.c.account_id == account_id)
                .values(erased_at=self.clock())
            )

    def remember_account(self, account_id: str) -> bool:
        """Take an account off the list; return whether it was there."""
        with self.writing() as connection:
            gone = connection.execute(
                delete(forgotten_accounts).where(forgotten_accounts.c.account_id == account_id)
            )
            return gone.rowcount > 0

    def overwrite_deleted(self) -> None:
        """Write an SQLite state anew, without the remains of what was deleted from it."""
        if self._engine.dialect.name != "sqlite":
            return
        with closing(self._engine.raw_connection()) as connection:  # none of our transactions is open on it
            connection.cursor().execute("vacuum")
            connection.cursor().execute("pragma wal_checkpoint(truncate)")
