from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jira_assets.people.matching import Person, match_people
from jira_assets.people.names import plain_user_name, spellings
from jira_assets.people.nicknames import TABLE, other_forms
from jira_assets.people.suggestions import (
    EMAIL_IS_ID,
    EMAIL_SHORTENS_NAME,
    EMAIL_SPELLS_NAME,
    FORMS_OF_ONE_NAME,
    MOST,
    NAME_IS_EMAIL,
    NAME_IS_ID,
    NAME_SHORTENED_IN_EMAIL,
    NAME_SPELLS_EMAIL,
    REASONS,
    SAME_MAILBOX,
    SAME_PLAIN_MAILBOX,
    Suggester,
    Suggestion,
    but_digits,
)
from jira_assets.state.models import TeamMember


def why(member: TeamMember, name: str, email: str | None = None) -> str | None:
    suggestions = Suggester([member, TeamMember("zz", "Zoë Unlike", "zu@else.example")]).suggest(name, email)
    assert {suggestion.member_id for suggestion in suggestions} <= {"m1"}
    return suggestions[0].why if suggestions else None


@pytest.mark.parametrize(
    ("member", "name", "reason"),
    [
        ("José Álvarez", "Jose Alvarez", "same name without accents"),
        ("Jürgen Müller", "Juergen Mueller", "same name without accents"),
        ("Søren Kjærgård", "Soeren Kjaergaard", "same name without accents"),
        ("Łukasz Żółć", "Lukasz Zolc", "same name without accents"),
        ("Sean O'Brien", "Sean O\u2019Brien", "same name except for punctuation"),
        ("Anne-Marie Weiß", "Anne Marie Weiss", "same name except for punctuation"),
        ("Ana Silva", "Silva, Ana", "same name in a different order"),
        ("山田 太郎", "太郎 山田", "same name in a different order"),
        ("Ana Maria Silva", "Ana Silva", "same name without a middle name"),
        ("Ana Silva", "Ana Q. Silva", "same name without a middle name"),
        ("Ana Silva", "A. Silva", "initials fit the name"),
        ("Ana Silva", "Ana S.", "initials fit the name"),
        ("Ana Silva", "Silva, A.", "initials fit the name"),
        ("A. Silva", "Ana Silva", "initials fit the name"),
        ("Ana Silva", "anasilva", "display name is the member's name run together"),
        ("Ana Silva", "asilva", "display name shortens the member's name"),
        ("Ana Silva", "ana.silva", "same name except for punctuation"),
        ("Ana Silva", "silvaa1", "display name shortens the member's name except for the trailing digits"),
    ],
)
def test_a_name_that_resembles_a_members_is_suggested(member: str, name: str, reason: str) -> None:
    assert why(TeamMember("m1", member), name) == reason


@pytest.mark.parametrize(
    ("member", "name", "email", "reason"),
    [
        (TeamMember("m1", "N", "ana.silva@a.com"), "X", "Ana.Silva+jira@b.com", SAME_MAILBOX),
        (TeamMember("m1", "N", "u12345@a.com"), "X", "u12345@b.com", SAME_MAILBOX),
        (TeamMember("m1", "N", "ana.silva@a.com"), "X", "AnaSilva@b.com", SAME_PLAIN_MAILBOX),
        (TeamMember("m1", "Ana Silva"), "X", "ana_silva@b.com", EMAIL_SPELLS_NAME),
        (TeamMember("m1", "Ana Silva"), "X", "a.silva@b.com", EMAIL_SHORTENS_NAME),
        (TeamMember("m1", "Ana Silva"), "X", "silva.ana7@b.com", but_digits(EMAIL_SPELLS_NAME)),
        (TeamMember("m1", "Ana Silva"), "X", "asilva12@b.com", but_digits(EMAIL_SHORTENS_NAME)),
        (TeamMember("m1", "N", "silvaana@a.com"), "Ana Silva", None, NAME_SPELLS_EMAIL),
        (TeamMember("m1", "N", "asilva@a.com"), "Ana Silva", None, NAME_SHORTENED_IN_EMAIL),
        (TeamMember("m1", "N", "asilva2@a.com"), "Ana Silva", None, but_digits(NAME_SHORTENED_IN_EMAIL)),
        (TeamMember("anasilva", "N"), "anasilva", None, NAME_IS_ID),
        (TeamMember("anasilva", "N"), "X", "ana.silva@b.com", EMAIL_IS_ID),
        (TeamMember("m1", "N", "ana.silva@a.com"), "anasilva", None, NAME_IS_EMAIL),
    ],
)
def test_an_address_that_resembles_a_members_is_suggested(
    member: TeamMember, name: str, email: str | None, reason: str
) -> None:
    assert Suggester([member]).suggest(name, email) == (Suggestion(member.member_id, reason),)


@pytest.mark.parametrize(
    ("member", "name", "email"),
    [
        (TeamMember("m1", "Ana Silva"), "Alan Silva", None),
        (TeamMember("m1", "Ana Maria Silva"), "Ana Rita Silva", None),
        (TeamMember("m1", "Ana Silva"), "Ana", None),
        (TeamMember("m1", "Ana Silva"), "A. S.", None),
        (TeamMember("m1", "李 明"), "李 强", None),
        (TeamMember("m1", "Nine", "info@acme.com"), "X", "info@home.example"),
        (TeamMember("m1", "Nine", "info2@acme.com"), "X", "info2@home.example"),
        (TeamMember("m1", "Nine", "x1@acme.com"), "X", "x2@home.example"),
        (TeamMember("m1", "Nine", "jsmith1@acme.com"), "X", "jsmith2@home.example"),
        (TeamMember("m1", "Nine", "jsmith@acme.com"), "X", "jsmith2@home.example"),
        (TeamMember("dev12", "Nine"), "dev34", "dev34@home.example"),
        (TeamMember("m1", "Nine", "dev12@acme.com"), "dev34", None),
        (TeamMember("m1", "Mike Brown"), "Michael Braun", None),
        (TeamMember("m1", "Mike Brown"), "Mike B. Green", None),
        (TeamMember("m1", "Mike Brown"), "Michael", None),
        (TeamMember("m1", "Mike Brown"), "Steven Brown", None),
        (TeamMember("m1", "", "nine@acme.com"), "", None),
        (TeamMember("m1", "!!!", "nine@acme.com"), "???", "@"),
    ],
)
def test_what_says_too_little_suggests_nobody(member: TeamMember, name: str, email: str | None) -> None:
    assert why(member, name, email) is None


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("Mike Brown", "Michael Brown"),
        ("Michael Brown", "Brown, Mike"),
        ("Steve Brown", "Steven Brown"),
        ("Steve Brown", "Stephen Q. Brown"),
        ("Stephen Brown", "Steven Brown"),
        ("Bob Brown", "Robert Brown"),
        ("Kate Brown", "Katherine Brown"),
        ("Alex Brown", "Alexander Brown"),
        ("Alex Brown", "Alexandra Brown"),
        ("Pepe García", "José Garcia"),
        ("Małgorzata Nowak", "Gosia Nowak"),
        ("Дмитрий Волков", "Дима Волков"),
    ],
)
def test_forms_of_one_first_name_are_suggested(member: str, name: str) -> None:
    assert why(TeamMember("m1", member), name) == FORMS_OF_ONE_NAME
    assert why(TeamMember("m1", name), member) == FORMS_OF_ONE_NAME


def test_a_suggestion_matches_nobody() -> None:
    matching = match_people([Person("a", "Mike Brown")], [TeamMember("m1", "Michael Brown")])
    assert matching.matches == ()
    assert [suggestion.member_id for suggestion in matching.unmatched[0].suggestions] == ["m1"]


def test_the_table_of_first_names_is_written_as_names_are_compared() -> None:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line[0] != "#"]
    names = {name for line in lines for name in line.split()}
    assert [name for name in sorted(names) if (name,) not in spellings(name)] == []
    assert [name for name in sorted(names) if not other_forms(name)] == []


def test_the_likeliest_come_first_and_not_too_many() -> None:
    crowd = [TeamMember(f"m{number}", f"Ana{'x' * number} Silva") for number in range(1, 9)]
    best = [TeamMember("z1", "Silva Á"), TeamMember("z2", "Nine", "asilva@acme.com")]
    suggestions = Suggester([*crowd, *best]).suggest("A. Silva", "asilva@home.example")
    assert [suggestion.member_id for suggestion in suggestions] == ["z1", "z2", "m1", "m2", "m3"]
    assert len(suggestions) == MOST


NAMES = st.lists(st.text("abcdeäöüéßøİž李", min_size=2, max_size=6), min_size=2, max_size=4).map(" ".join)


@given(NAMES, st.randoms())
def test_the_words_of_a_name_in_any_order_suggest_its_owner(name: str, order: random.Random) -> None:
    words = name.split()
    order.shuffle(words)
    suggested = Suggester([TeamMember("m1", name)]).suggest(" , ".join(words).upper(), None)
    assert suggested[0].why in REASONS[:3]


@given(NAMES)
def test_a_plain_spelling_suggests_its_owner(name: str) -> None:
    for words in spellings(name):
        (suggestion,) = Suggester([TeamMember("m1", name)]).suggest(" ".join(words), None)
        assert suggestion.why in REASONS[:2]


@given(NAMES)
def test_a_first_name_cut_to_its_initial_suggests_its_owner(name: str) -> None:
    first, *_, last = next(iter(spellings(name)))
    assume(first[0].upper() != first[0].lower() and len(last) > 1)
    (suggestion,) = Suggester([TeamMember("m1", name)]).suggest(f"{first[0]}. {last}", None)
    assert suggestion.member_id == "m1"


TEXT = st.text("aàA bB.-+@1李İ", max_size=8)
TEAM = st.lists(st.builds(TeamMember, st.sampled_from(["m1", "m2", "ab"]), TEXT, TEXT), max_size=4)


@given(TEAM, TEXT, TEXT, st.randoms())
def test_any_text_gives_the_same_suggestions_whatever_the_order_of_the_team(
    team: list[TeamMember], name: str, email: str, order: random.Random
) -> None:
    expected = Suggester(team).suggest(name, email)
    order.shuffle(team)
    assert Suggester(team).suggest(name, email) == expected
    ids = [suggestion.member_id for suggestion in expected]
    assert len(set(ids)) == len(ids)
    assert [REASONS.index(s.why) for s in expected] == sorted(REASONS.index(s.why) for s in expected)


@given(TEXT)
def test_a_plain_user_name_is_only_letters_and_digits(text: str) -> None:
    assert all(c.isalnum() for c in plain_user_name(text))
