"""Who is on the team, and what people decided about accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from jira_assets.state.database import StatePart
from jira_assets.state.models import TeamMember, UserOverride
from jira_assets.state.tables import team_members, user_overrides


class Team(StatePart):
    """Keep the team members and the overrides."""

    def members(self) -> list[TeamMember]:
        """List the members of the team by id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(team_members).order_by(team_members.c.member_id)).mappings()
            return [TeamMember(**row) for row in rows]

    def replace(self, members: Iterable[TeamMember]) -> int:
        """Make these the whole team and return how many they are; readers see the old team or the new one."""
        now = self._database.clock()
        rows = [{**asdict(member), "imported_at": now} for member in members]
        with self._database.writing() as connection:
            connection.execute(delete(team_members))
            if rows:
                connection.execute(insert(team_members), rows)
        return len(rows)

    def overrides(self) -> list[UserOverride]:
        """List what people decided about accounts, by account id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(user_overrides).order_by(user_overrides.c.account_id)).mappings()
            return [UserOverride(**row) for row in rows]

    def set_override(self, account_id: str, member_id: str | None) -> UserOverride:
        """Decide that the account is that member's, or (None) that it has no owner."""
        override = UserOverride(account_id, member_id, self._database.clock())
        with self._database.writing() as connection:
            self._database.upsert(connection, user_overrides, asdict(override))
        return override

    def forget_override(self, account_id: str) -> bool:
        """Leave the account to the matching rules again; return whether anything had been decided."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(user_overrides).where(user_overrides.c.account_id == account_id))
            return gone.rowcount > 0
