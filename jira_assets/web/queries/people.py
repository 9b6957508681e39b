"""Who is not matched, what was decided, and how much of the activity is known to be whose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, get_args

from jira_assets.errors import InputError
from jira_assets.people.lookup import find_member
from jira_assets.people.names import fold_name
from jira_assets.state import TeamMember
from jira_assets.web.app_state import AppState
from jira_assets.web.warehouse_reader import answer, question

Decision = Literal["match", "ignore", "undo"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
MOST_DECIDED = 200


@dataclass(frozen=True)
class Offer:
    """A member an account may belong to, under a name that no other offer has."""

    member_id: str
    label: str
    why: str
    is_suggestion: bool


@dataclass(frozen=True)
class Decided:
    """What a person decided about an account, and whether the published tables show it already."""

    account_id: str
    display_name: str | None
    member: str | None
    decided_at: datetime


@dataclass(frozen=True)
class TeamOfMembers:
    """A team and the names of its members; `team` is None for the members without one."""

    team: str | None
    names: Sequence[str]


@dataclass(frozen=True)
class People:
    """Everything the page shows."""

    accounts: Sequence[dict[str, Any]]
    found: int
    rates: Sequence[dict[str, Any]]
    decided: Sequence[Decided]
    decisions: int
    as_of: datetime | None

    @property
    def activity(self) -> tuple[int, int]:
        """How much of the activity is matched, and how much there is."""
        return sum(rate["activity_matched"] for rate in self.rates), sum(r["activity"] for r in self.rates)

    @property
    def projects(self) -> Sequence[str]:
        """The projects in which someone was seen."""
        return [rate["project_key"] for rate in self.rates]


class PeopleReader:
    """Joins the published report with the decisions that were made since."""

    def __init__(self, app_state: AppState) -> None:
        self._desk = app_state
        self._overrides = app_state.state.team.overrides()

    @cached_property
    def members(self) -> Sequence[TeamMember]:
        """The team, by name."""
        return sorted(self._desk.state.team.members(), key=lambda member: fold_name(member.display_name))

    @property
    def teams(self) -> Sequence[TeamOfMembers]:
        """The teams by name, and last the members without one; none where no member has a team."""
        found: dict[str | None, list[str]] = {}
        for member in self.members:
            found.setdefault(member.team, []).append(member.display_name)
        ordered = sorted(found, key=lambda team: (team is None, fold_name(team or "")))
        return [TeamOfMembers(team, found[team]) for team in ordered] if found.keys() - {None} else []

    @cached_property
    def _names(self) -> dict[str, str]:
        return {member.member_id: member.display_name for member in self.members}

    def read(self, search: str, project: str | None, most: int, skipped: int) -> People:
        """Read one page of the unmatched, the busiest first."""
        newest = sorted(self._overrides, key=lambda override: override.decided_at, reverse=True)
        parameters = {
            "search": search,
            "project": project,
            "decided": [override.account_id for override in newest],
            "most": most,
            "skipped": skipped,
        }
        shown = newest[:MOST_DECIDED]
        if not self._desk.published.exists:
            return People([], 0, [], self._decided(shown, {}), len(newest), None)
        with self._desk.published.opened() as connection:
            found = answer(connection, question("unmatched"), parameters)
            rates = answer(connection, question("match_rate"))
            ids = {"account_ids": [override.account_id for override in shown]}
            known = {
                row["account_id"]: row["display_name"]
                for row in answer(connection, question("accounts"), ids)
            }
        accounts = [row | {"offers": self._offers(row)} for row in found]
        total = accounts[0]["found"] if accounts else 0
        return People(accounts, total, list(rates), self._decided(shown, known), len(newest), found.as_of)

    def _offers(self, account: dict[str, Any]) -> list[Offer]:
        """Name the members an account may be; this matches none of them."""
        candidates = account["candidates"] or ()
        reasons = dict.fromkeys(candidates, "may be this one, by the rules of matching")
        for key, why in zip(account["suggestions"], account["suggested_because"], strict=True):
            reasons.setdefault(key, why)
        names = {key: self._names[key] for key in reasons if key in self._names}
        times = Counter(fold_name(name) for name in names.values())
        return [
            Offer(
                key,
                f"{name} ({key})" if times[fold_name(name)] > 1 else name,
                reasons[key],
                key not in candidates,
            )
            for key, name in names.items()
        ]

    def _decided(self, overrides: Sequence[Any], known: dict[str, str]) -> list[Decided]:
        return [
            Decided(
                override.account_id,
                known.get(override.account_id),
                self._names.get(override.member_id, override.member_id) if override.member_id else None,
                override.decided_at,
            )
            for override in overrides
        ]


def decide_about(app_state: AppState, account_id: str, decision: Decision, member: str) -> None:
    """Keep what a person decided; raises `InputError` for an unknown account, or a member of no team."""
    if decision == "undo":
        app_state.state.team.forget_override(account_id)
        return
    with app_state.published.opened() as connection:
        known = answer(connection, question("accounts"), {"account_ids": [account_id]})
    if not known:
        raise InputError("This account was not seen in any project.", "Reload the page, then decide.")
    if decision == "ignore":
        app_state.state.team.set_override(account_id, None)
    else:
        app_state.state.team.set_override(
            account_id, find_member(app_state.state.team.members(), member).member_id
        )
