"""A member of the team is found by the same rules on the page and by the command."""

from __future__ import annotations

import pytest

from jira_assets.errors import InputError
from jira_assets.people.lookup import MOST_NAMED, find_member
from jira_assets.state.models import TeamMember

ANA = TeamMember("m1", "Ana Silva", "ana@acme.com")
OTHER_ANA = TeamMember("m2", "ana  SILVA", "team@acme.com")
ZOE = TeamMember("m3", "Zoë Groß", "team@acme.com")
NAMED_LIKE_AN_ID = TeamMember("m4", "M3")
TEAM = [ANA, OTHER_ANA, ZOE, NAMED_LIKE_AN_ID]


@pytest.mark.parametrize(
    ("words", "member"),
    [
        ("m1", ANA),
        (" M1 ", ANA),
        ("ANA@acme.com", ANA),
        ("zoë gross", ZOE),
        ("ZOE\u0308  GROSS", ZOE),
        ("m3", ZOE),
    ],
)
def test_a_member_is_found_by_id_address_or_name(words: str, member: TeamMember) -> None:
    assert find_member(TEAM, words) == member


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        ("Ana Silva", "2 team members are named Ana Silva: Ana Silva (m1), ana  SILVA (m2)."),
        ("Team@acme.com", "2 team members are named Team@acme.com: ana  SILVA (m2), Zoë Groß (m3)."),
        ("M3", "2 team members are named M3: Zoë Groß (m3), M3 (m4)."),
    ],
)
def test_what_several_are_called_is_refused_with_the_candidates(words: str, candidates: str) -> None:
    with pytest.raises(InputError) as refused:
        find_member(TEAM, words)
    assert refused.value.reason == candidates
    assert refused.value.instruction == "Select one by id."


@pytest.mark.parametrize(
    ("team", "words", "remedy"),
    [
        (TEAM, "Zoe Gross", "Did you mean Zoë Groß (m3)?"),
        ([ANA], "anna@acme.com", "Did you mean Ana Silva (m1)?"),
        (TEAM, "nobody at all", "`jira-assets team list` lists all members."),
        ([], "m1", "The team is empty. Import it with `jira-assets team import`."),
    ],
)
def test_nobody_is_refused_with_the_likeliest(team: list[TeamMember], words: str, remedy: str) -> None:
    with pytest.raises(InputError) as refused:
        find_member(team, words)
    assert refused.value.reason == f"No member of the team has the id, e-mail address or name {words}."
    assert refused.value.instruction == remedy


def test_a_name_of_a_crowd_names_some_and_counts_the_rest() -> None:
    crowd = [TeamMember(f"m{number}", "Bo") for number in range(MOST_NAMED + 3)]
    with pytest.raises(InputError, match=r"Bo \(m9\) and 3 more\."):
        find_member(crowd, "bo")


@pytest.mark.parametrize("words", ["", "  "])
def test_nothing_names_nobody(words: str) -> None:
    with pytest.raises(InputError, match="No team member was given"):
        find_member([TeamMember("m1", "!", None)], words)
