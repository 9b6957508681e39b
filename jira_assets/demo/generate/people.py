"""The people of a generated site, and the team list that someone would keep beside it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from random import Random
from uuid import UUID

from jira_assets.demo.data import DemoUser, SiteData
from jira_assets.demo.generate.setup import OLD_TEAM_FIELD, TEAM_FIELD
from jira_assets.demo.generate.words import (
    APP_NAMES,
    CUSTOMER_NAMES,
    FAMILY_NAMES,
    FORMER_USER_NAME,
    GIVEN_NAMES,
    TIME_ZONES,
    TWIN_NAME,
    UNUSUAL_NAMES,
)

DOMAIN = "demo.example"
HIDDEN_MAIL = 0.35
TeamMember = dict[str, str | None]


def people(rng: Random, projects: int) -> list[DemoUser]:
    """Invent the accounts of a site: staff, twins of a name, former users, apps and customers."""
    count = min(len(GIVEN_NAMES) * len(FAMILY_NAMES), max(14, 6 * projects))
    pairs = rng.sample([(given, family) for given in GIVEN_NAMES for family in FAMILY_NAMES], count)
    staff = [_person(rng, f"{given} {family}") for given, family in pairs]
    staff += [_person(rng, name, number) for number, name in enumerate(UNUSUAL_NAMES)]
    staff[0].email_visible, staff[1].email_visible = True, False  # both kinds, whatever the dice say
    staff[2].display_name += " "  # Jira keeps blanks that people typed
    if staff[3].email:
        staff[3].email = staff[3].email.title()  # mail addresses compare without case
    leavers = rng.sample(staff[4:count], 2)
    for leaver in leavers:
        leaver.active = False
    return staff + _twins(rng) + _former_users(rng) + _apps(rng) + _customers(rng)


def sample_team(data: SiteData) -> list[TeamMember]:
    """List the team members of a generated site, as someone's CSV file would.

    Most match by mail, those with a hidden mail by name, twins are ambiguous, every ninth account is not
    in the list, and the list names newcomers who have no account yet. A member is on the team that most of
    the member's issues name. Keys: member_id, display_name, email, jira_account_id, team.
    """
    staff = [user for user in data.users if user.account_type == "atlassian" and user.email]
    listed = [user for place, user in enumerate(staff) if place % 9 != 8 or user.display_name == TWIN_NAME]
    teams = _teams(data)
    team = [_member(place, user, teams.get(user.account_id)) for place, user in enumerate(listed, 1)]
    team.append(_newcomer(len(team) + 1, "Noor Vandenberghe"))
    team.append(_newcomer(len(team) + 1, "Iris Moreau"))
    return team


def _teams(data: SiteData) -> dict[str, str]:
    """Find the team that most of the issues assigned to an account name."""
    found: dict[str, Counter[str]] = {}
    for issue in data.issues:
        value = issue.fields.get(TEAM_FIELD) or issue.fields.get(OLD_TEAM_FIELD)
        assignee = issue.fields["assignee"]
        if assignee and isinstance(value, dict):
            found.setdefault(assignee, Counter())[value.get("name") or value["title"]] += 1
    return {
        account_id: min(names, key=lambda name: (-names[name], name)) for account_id, names in found.items()
    }


def _member(place: int, user: DemoUser, team: str | None) -> TeamMember:
    member: TeamMember = {
        "member_id": f"m-{place:03d}",
        "display_name": user.display_name.strip(),
        "email": user.email,
        "jira_account_id": None,
        "team": team,
    }
    if (
        place % 13 == 0 and user.display_name != TWIN_NAME
    ):  # known under a private mail, so the list names the account
        member |= {"email": f"{place}@home.example", "jira_account_id": user.account_id}
    return member


def _newcomer(place: int, name: str) -> TeamMember:
    email = mail_address(name)
    return {
        "member_id": f"m-{place:03d}",
        "display_name": name,
        "email": email,
        "jira_account_id": None,
        "team": None,
    }


def mail_address(name: str, number: int | None = None) -> str:
    """Derive a plain mail address from a name in any script."""
    letters = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L").replace("ø", "o"))
    words = "".join(
        c if c.isascii() and c.isalpha() else " " for c in letters if not unicodedata.combining(c)
    )
    local = ".".join(words.lower().split()) or "person"
    return f"{local}{'' if number is None else number}@{DOMAIN}"


def _person(rng: Random, name: str, number: int | None = None) -> DemoUser:
    return DemoUser(
        account_id=_account_id(rng),
        display_name=name,
        email=mail_address(name, number),
        email_visible=rng.random() > HIDDEN_MAIL,
        time_zone=rng.choice(TIME_ZONES),
    )


def _twins(rng: Random) -> list[DemoUser]:
    twins = [_person(rng, TWIN_NAME, number) for number in (1, 2)]
    for twin in twins:
        twin.email_visible = False
    return twins


def _former_users(rng: Random) -> list[DemoUser]:
    return [
        DemoUser(_account_id(rng), FORMER_USER_NAME, email=None, email_visible=False, active=False)
        for _ in range(2)
    ]


def _apps(rng: Random) -> list[DemoUser]:
    return [
        DemoUser(f"557058:{_uuid(rng)}", name, email_visible=False, account_type="app") for name in APP_NAMES
    ]


def _customers(rng: Random) -> list[DemoUser]:
    return [
        DemoUser(
            f"qm:{_uuid(rng)}:{_uuid(rng)}",
            name,
            email=f"customer{number}@tidewater.example",
            account_type="customer",
            time_zone=rng.choice(TIME_ZONES),
        )
        for number, name in enumerate(CUSTOMER_NAMES)
    ]


def _account_id(rng: Random) -> str:
    return f"712020:{_uuid(rng)}"


def _uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
