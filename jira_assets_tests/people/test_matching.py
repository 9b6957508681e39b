from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.people.matching import Match, Matching, Person, Unmatched, match_people
from jira_assets.people.names import fold_name
from jira_assets.people.suggestions import Suggestion
from jira_assets.state.models import TeamMember, UserOverride

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ANA = TeamMember("m1", "Ana Silva", "ana@acme.com")


def decided(account_id: str, member_id: str | None) -> UserOverride:
    return UserOverride(account_id, member_id, NOW)


def only_unmatched(matching: Matching) -> Unmatched:
    assert matching.matches == ()
    (unmatched,) = matching.unmatched
    return unmatched


def test_an_override_is_stronger_than_everything_else() -> None:
    members = [TeamMember("m1", "Ana", "ana@acme.com", "a"), TeamMember("m2", "Bo")]
    matching = match_people([Person("a", "Ana", "ana@acme.com")], members, [decided("a", "m2")])
    assert matching.matches == (Match("a", "m2", "override"),)


def test_an_account_id_is_stronger_than_an_email() -> None:
    members = [TeamMember("m1", "Ana", "ana@acme.com"), TeamMember("m2", "Bo", None, "a")]
    matching = match_people([Person("a", "Ana", "ana@acme.com")], members)
    assert matching.matches == (Match("a", "m2", "account_id"),)


@pytest.mark.parametrize("email", ["ana@acme.com", " Ana@ACME.com ", "ANA@acme.COM"])
def test_an_email_matches_whatever_its_case_and_blanks(email: str) -> None:
    matching = match_people([Person("a", "somebody", email)], [ANA])
    assert matching.matches == (Match("a", "m1", "email"),)


@pytest.mark.parametrize("email", [None, "", "  "])
def test_an_email_that_is_not_shown_matches_nobody_without_an_email(email: str | None) -> None:
    unmatched = only_unmatched(match_people([Person("a", "Bo", email)], [TeamMember("m1", "Ana", None)]))
    assert unmatched.reason == "no e-mail visible and no member with that name"


def test_an_email_of_two_members_decides_nothing_but_makes_both_candidates() -> None:
    members = [TeamMember("m2", "Ana", "team@acme.com"), TeamMember("m1", "Bo", "team@acme.com")]
    unmatched = only_unmatched(match_people([Person("a", "Cy", "team@acme.com")], members))
    assert unmatched == Unmatched("a", "e-mail unknown and no member with that name", ("m1", "m2"))


@pytest.mark.parametrize("name", ["Ana Silva", "ana  SILVA", " Ana\u00a0Silva ", "\uff21\uff4e\uff41 Silva"])
def test_a_display_name_matches_whatever_its_case_blanks_and_unicode_form(name: str) -> None:
    assert match_people([Person("a", name)], [ANA]).matches == (Match("a", "m1", "display_name"),)


@pytest.mark.parametrize(
    ("one", "other"), [("José", "Jose\u0301"), ("STRASSE", "Straße"), ("İpek", "i\u0307pek")]
)
def test_two_spellings_of_one_text_are_one_name(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


def test_a_name_of_two_accounts_decides_nothing_even_when_one_of_them_matches_by_email() -> None:
    matching = match_people([Person("a", "Ana Silva"), Person("b", "ana silva", "ana@acme.com")], [ANA])
    assert matching.matches == (Match("b", "m1", "email"),)
    assert matching.unmatched == (Unmatched("a", "display name is shared by 2 accounts", ("m1",)),)


def test_a_name_of_two_members_decides_nothing() -> None:
    members = [TeamMember("m2", "Ana Silva"), TeamMember("m1", "ANA SILVA")]
    unmatched = only_unmatched(match_people([Person("a", "Ana Silva")], members))
    assert unmatched == Unmatched("a", "display name is shared by 2 members", ("m1", "m2"))


def test_a_name_shared_with_an_inactive_account_or_an_app_is_still_shared() -> None:
    people = [Person("a", "Ana Silva"), Person("b", "Ana Silva", None, "app", is_active=False)]
    reasons = {u.account_id: u.reason for u in match_people(people, [ANA]).unmatched}
    assert reasons == {"a": "display name is shared by 2 accounts", "b": "app account"}


def test_one_member_may_own_several_accounts_by_stronger_rules() -> None:
    member = TeamMember("m1", "Ana Silva", "ana@acme.com", "a")
    people = [Person("a", "Ana"), Person("b", "Ana S", "ana@acme.com"), Person("c", "A")]
    matching = match_people(people, [member], [decided("c", "m1")])
    assert {match.account_id: match.matched_by for match in matching.matches} == {
        "a": "account_id",
        "b": "email",
        "c": "override",
    }


@pytest.mark.parametrize(
    "member",
    [TeamMember("m1", "Ana Silva", "ana@acme.com"), TeamMember("m1", "Ana Silva", None, "not-on-this-site")],
)
def test_a_name_does_not_give_a_second_account_to_a_member_whose_account_is_known(member: TeamMember) -> None:
    people = [Person("a", "Ana (admin)", "ana@acme.com"), Person("b", "Ana Silva")]
    unmatched = {u.account_id: u for u in match_people(people, [member]).unmatched}
    assert unmatched["b"] == Unmatched("b", "the member of that name has another account", ("m1",))


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person("a", "Ana Silva", None, "app"), "app account"),
        (Person("a", "Ana Silva", None, "customer"), "customer account"),
        (Person("a", "Former user"), "former user"),
        (Person("a", "Nobody", "no@acme.com"), "e-mail unknown and no member with that name"),
        (Person("a", ""), "no e-mail visible and no member with that name"),
    ],
)
def test_names_of_apps_customers_and_deleted_accounts_decide_nothing(person: Person, reason: str) -> None:
    members = [ANA, TeamMember("m2", "Former User")]
    assert only_unmatched(match_people([person], members)).reason == reason


def test_an_app_may_be_matched_by_account_id() -> None:
    matching = match_people([Person("bot", "Bot", None, "app")], [TeamMember("m1", "Ana", None, "bot")])
    assert matching.matches == (Match("bot", "m1", "account_id"),)


def test_an_ignored_account_is_reported_as_ignored() -> None:
    matching = match_people([Person("a", "Ana Silva", "ana@acme.com")], [ANA], [decided("a", None)])
    assert only_unmatched(matching).reason == "ignored"


def test_a_decision_for_somebody_who_left_the_team_is_not_replaced_by_a_rule() -> None:
    matching = match_people([Person("a", "Ana Silva", "ana@acme.com")], [ANA], [decided("a", "m9")])
    assert only_unmatched(matching).reason == "matched by hand to m9, who is not on the team"


def test_what_only_resembles_a_member_is_suggested_but_no_match() -> None:
    members = [TeamMember("m1", "José Álvarez"), TeamMember("m2", "Bo Li")]
    unmatched = only_unmatched(match_people([Person("a", "alvarez, jose")], members))
    assert unmatched.candidates == ()
    assert unmatched.suggestions == (Suggestion("m1", "same name in a different order"),)


@pytest.mark.parametrize(
    ("person", "decision"),
    [
        (Person("a", "Silva Ana", None, "app"), None),
        (Person("a", "Silva Ana", None, "customer"), None),
        (Person("a", "Former user", "ana@acme.org"), None),
        (Person("a", "Silva Ana"), decided("a", None)),
    ],
)
def test_nobody_is_suggested_where_a_name_means_nothing_or_somebody_decided(
    person: Person, decision: UserOverride | None
) -> None:
    unmatched = only_unmatched(match_people([person], [ANA], [decision] if decision else []))
    assert unmatched.suggestions == ()


@pytest.mark.parametrize(
    "person", [Person("a", "asilva"), Person("a", "ana.silva"), Person("a", "m1"), Person("a", "Ana")]
)
def test_a_user_name_alone_matches_nobody(person: Person) -> None:
    members = [TeamMember("asilva", "Ana Silva", "ana.silva@acme.com"), TeamMember("m1", "m1")]
    assert match_people([person], members).matches == ()


def test_a_member_listed_under_a_user_name_is_found_by_everything_but_it() -> None:
    nameless = TeamMember("asilva", "asilva", "ana@acme.com")
    matching = match_people([Person("a", "asilva"), Person("b", "B", "ana@acme.com")], [nameless])
    assert matching.matches == (Match("b", "asilva", "email"),)


def test_an_email_beats_a_name() -> None:
    members = [TeamMember("m1", "Ana Silva"), TeamMember("m2", "Bo Li", "ana@acme.com")]
    matching = match_people([Person("a", "Ana Silva", "ana@acme.com")], members)
    assert matching.matches == (Match("a", "m2", "email"),)


def test_a_match_by_email_is_kept_when_the_address_is_hidden_later() -> None:
    hidden = Person("a", "Ana S. (external)")
    assert match_people([hidden], [ANA], kept={"a": "m1"}).matches == (Match("a", "m1", "email"),)
    assert match_people([hidden], [], kept={"a": "m1"}).matches == ()


@pytest.mark.parametrize(
    ("person", "member", "match"),
    [
        (Person("a", "A", "other@acme.com"), ANA, None),
        (Person("a", "A", "bo@acme.com"), TeamMember("m2", "Bo", "bo@acme.com"), Match("a", "m2", "email")),
        (Person("a", "A"), TeamMember("m2", "Bo", None, "a"), Match("a", "m2", "account_id")),
    ],
)
def test_what_is_known_today_is_stronger_than_a_kept_match(
    person: Person, member: TeamMember, match: Match | None
) -> None:
    matching = match_people([person], [ANA, member] if member != ANA else [ANA], kept={"a": "m1"})
    assert matching.matches == ((match,) if match else ())


def test_an_account_listed_twice_is_one_account() -> None:
    people = [Person("a", "Ana Silva"), Person("a", "Ana Silva", "ana@acme.com")]
    assert match_people(people, [ANA]).matches == (Match("a", "m1", "email"),)


NAMES = st.sampled_from(["Ana", "ana ", "Bo Li", "bo  li", "Li Bo", "Former user", "", "José"])
EMAILS = st.sampled_from([None, "", "ana@acme.com", "ANA@acme.com ", "bo@acme.com"])
PEOPLE = st.lists(
    st.builds(
        Person,
        st.sampled_from("abcdefg"),
        NAMES,
        EMAILS,
        st.sampled_from(["atlassian", "app", "customer", "unknown"]),
        st.booleans(),
    ),
    unique_by=lambda person: person.account_id,
)
MEMBERS = st.lists(
    st.builds(
        TeamMember, st.sampled_from(["m1", "m2", "m3"]), NAMES, EMAILS, st.sampled_from([None, "a", "b"])
    ),
    unique_by=lambda member: member.member_id,
)
KEPT = st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from(["m1", "m2", "m9"]))
OVERRIDES = st.dictionaries(st.sampled_from("abc"), st.sampled_from([None, "m1", "m9"])).map(
    lambda chosen: [decided(account_id, member_id) for account_id, member_id in chosen.items()]
)


@given(PEOPLE, MEMBERS, OVERRIDES, KEPT)
def test_every_account_is_in_exactly_one_list(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride], kept: dict[str, str]
) -> None:
    matching = match_people(people, members, overrides, kept)
    listed = [match.account_id for match in matching.matches]
    listed += [unmatched.account_id for unmatched in matching.unmatched]
    assert sorted(listed) == sorted(person.account_id for person in people)
    known = {member.member_id for member in members}
    assert {match.member_id for match in matching.matches} <= known
    assert {member_id for item in matching.unmatched for member_id in item.candidates} <= known


@given(PEOPLE, MEMBERS, OVERRIDES, st.randoms())
def test_the_order_of_people_and_members_changes_nothing(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride], order: random.Random
) -> None:
    expected = match_people(people, members, overrides)
    for shuffled in (people, members, overrides):
        order.shuffle(shuffled)
    assert match_people(people, members, overrides) == expected


@given(PEOPLE, MEMBERS, OVERRIDES)
def test_a_name_never_chooses_between_twins(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride]
) -> None:
    by_id = {person.account_id: person for person in people}
    for match in match_people(people, members, overrides).matches:
        if match.matched_by == "display_name":
            name = fold_name(by_id[match.account_id].display_name)
            assert [p for p in people if fold_name(p.display_name) == name] == [by_id[match.account_id]]
            assert [m.member_id for m in members if fold_name(m.display_name) == name] == [match.member_id]


@given(PEOPLE, MEMBERS, OVERRIDES)
def test_a_member_matched_by_name_has_no_other_account(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride]
) -> None:
    matches = match_people(people, members, overrides).matches
    for match in matches:
        if match.matched_by == "display_name":
            assert [m for m in matches if m.member_id == match.member_id] == [match]


@given(PEOPLE, MEMBERS, OVERRIDES)
def test_nobody_is_suggested_who_is_a_candidate_already(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride]
) -> None:
    for unmatched in match_people(people, members, overrides).unmatched:
        suggested = [suggestion.member_id for suggestion in unmatched.suggestions]
        assert len({*suggested, *unmatched.candidates}) == len(suggested) + len(unmatched.candidates)


@given(PEOPLE, MEMBERS, OVERRIDES)
def test_matching_again_with_what_was_matched_before_changes_nothing(
    people: list[Person], members: list[TeamMember], overrides: list[UserOverride]
) -> None:
    first = match_people(people, members, overrides)
    kept = {match.account_id: match.member_id for match in first.matches if match.matched_by == "email"}
    assert match_people(people, members, overrides, kept) == first
