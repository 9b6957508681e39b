"""What queries mean, and what is said of those that mean nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.demo.jql.errors import JqlError
from jira_assets.demo.jql.syntax import parse
from jira_assets.demo.jql.tree import And, Clause, Not, Or, Value
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.demo.conftest import NOW

ZONES = ["America/Los_Angeles", "Asia/Tokyo", "Asia/Kathmandu", "Etc/UTC"]


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@pytest.fixture
def key(site: DemoSite) -> str:
    """The key of a project."""
    return min(each.project_key for each in site.issues_truth().values())


def test_projects_are_named_by_key_id_and_name_quoted_or_not(api: Caller, site: DemoSite, key: str) -> None:
    project = site.project(key)
    wanted = sorted(issue.key for issue in site.issues_truth(key).values())

    for name in (key, key.lower(), str(project.id), f'"{project.id}"', f"'{project.name}'"):
        assert sorted(api.keys(f"project = {name}")) == wanted
        assert sorted(api.keys(f"project in ({name})")) == wanted
    assert not set(api.keys(f"project != {key}")) & set(wanted)


@pytest.mark.parametrize("hide", ["hide_project", "trash_project", None])
def test_a_project_that_is_not_there_is_named_in_a_400(
    api: Caller, site: DemoSite, key: str, hide: str
) -> None:
    name = key if hide else "VULN"
    if hide:
        getattr(site, hide)(key)
    response = api.post("/rest/api/3/search/jql", jql=f"project in ({name}) and updated > 0")

    assert response.status_code == 400
    assert response.json() == {
        "errorMessages": [f"The value '{name}' does not exist for the field 'project'."],
        "warningMessages": [],
    }
    site.switches.unknown_projects_silent = True
    assert api.keys(f"project = {name}") == []


def test_unquoted_numbers_are_epoch_milliseconds_to_the_millisecond(api: Caller, site: DemoSite) -> None:
    issues = sorted(site.issues_truth().values(), key=lambda issue: issue.created)
    middle = issues[60].created
    since = {issue.key for issue in issues if issue.created >= middle}
    after = {issue.key for issue in issues if issue.created > middle}

    assert set(api.keys(f"created >= {ms(middle)}")) == since
    assert set(api.keys(f"created > {ms(middle)}")) == after
    assert set(api.keys(f"not created >= {ms(middle)}")) == {issue.key for issue in issues} - since
    assert len(api.keys(f"created >= {ms(issues[10].created)} and created < {ms(issues[40].created)}")) == 30
    assert api.keys(f"created = {ms(middle)}") == [issues[60].key]


def test_a_quoted_number_is_a_span_of_minutes_and_finds_nothing(api: Caller, site: DemoSite) -> None:
    assert api.keys(f"updated >= {ms(NOW - timedelta(days=900))}") != []
    assert api.keys(f'updated >= "{ms(NOW - timedelta(days=900))}"') == []


@pytest.mark.parametrize("zone", ZONES)
def test_quoted_dates_are_read_in_the_profile_zone_of_the_caller(
    api: Caller, site: DemoSite, key: str, zone: str
) -> None:
    site.set_time_zone(zone)
    made = site.create_issue(key, at=datetime(2026, 11, 20, 23, 30, 20, tzinfo=UTC))
    local = datetime(2026, 11, 20, 23, 30, tzinfo=UTC).astimezone(ZoneInfo(zone))
    jql = f"id = {made.id} and created"

    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"):
        assert api.keys(f'{jql} >= "{local:{form}}"') != []
        assert api.keys(f'{jql} = "{local:{form}}"') != []
        assert api.keys(f'{jql} >= "{local + timedelta(minutes=1):{form}}"') == []
    assert api.keys(f'{jql} >= "{local:%Y-%m-%d}"') != []
    assert api.keys(f'{jql} >= "{local + timedelta(days=1):%Y-%m-%d}"') == []


def test_relative_dates_count_from_the_clock_of_the_site(api: Caller, site: DemoSite, key: str) -> None:
    made = site.create_issue(key)
    site.clock.advance(timedelta(hours=5))

    assert api.keys(f"id = {made.id} and updated >= -1d") != []
    assert api.keys(f'id = {made.id} and updated >= "-6h"') != []
    assert api.keys(f"id = {made.id} and updated >= -299m") == []
    assert api.keys(f'id = {made.id} and updated >= "-300"') != []
    assert api.keys(f"id = {made.id} and updated <= now()") != []
    assert api.keys(f"id = {made.id} and created >= startOfDay()") != []


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30 10:00", "yesterday", "2026-11-20 10:00:30"])
def test_a_date_that_is_none_is_refused(api: Caller, text: str) -> None:
    (message,) = api.refused(f'updated >= "{text}"')

    assert message.startswith(f"Date value '{text}' for field 'updated' is invalid.")


def test_keys_and_ids_compare_but_not_with_one_that_was_deleted_or_moved(
    api: Caller, site: DemoSite, key: str
) -> None:
    issues = sorted(site.issues_truth(key).values(), key=lambda issue: int(issue.key.split("-")[1]))
    middle, gone, moved = issues[len(issues) // 2], site.create_issue(key), site.create_issue(key)
    moved_key = site.render.key(moved)
    target = next(each.key for each in site.catalog.projects.values() if each.key != key)
    site.move_issue(moved.id, target)
    site.delete_issue(gone.id)

    below = [issue.key for issue in issues if int(issue.key.split("-")[1]) < int(middle.key.split("-")[1])]
    assert api.keys(f"key < {middle.key} order by key") == below
    assert set(api.keys(f"id >= {middle.id}")) == {
        issue.key for issue in site.issues_truth().values() if int(issue.id) >= int(middle.id)
    }
    for name in (gone.id, f"{key}-{gone.number}", moved.id, moved_key):
        field = "id" if isinstance(name, int) else "key"
        for operator in ("<", "<=", ">", ">="):
            assert "does not exist" in api.refused(f"{field} {operator} {name}")[0]
    assert api.keys(f"key = {moved_key}") == [site.truth(moved.id).key]
    assert api.refused(f"key in ({middle.key}, {key}-{gone.number})")


def test_statuses_types_people_and_sprints_are_found_by_what_they_are_called(
    api: Caller, site: DemoSite
) -> None:
    truth = site.issues_truth().values()
    issue = next(
        each for each in truth if each.assignee and each.sprint_ids and each.status_category == "done"
    )
    sprint = site.catalog.sprints[int(issue.sprint_ids[0])]

    for jql, wanted in {
        f'status = "{issue.status}"': [each.key for each in truth if each.status == issue.status],
        f'issuetype in ("{issue.issue_type}")': [i.key for i in truth if i.issue_type == issue.issue_type],
        f'assignee = "{issue.assignee}"': [each.key for each in truth if each.assignee == issue.assignee],
        "assignee is empty": [each.key for each in truth if each.assignee is None],
        "assignee is not EMPTY": [each.key for each in truth if each.assignee is not None],
        f'assignee not in ("{issue.assignee}")': [
            each.key for each in truth if each.assignee not in (None, issue.assignee)
        ],
        f"sprint = {sprint.id}": [each.key for each in truth if str(sprint.id) in each.sprint_ids],
        "sprint is empty": [each.key for each in truth if not each.sprint_ids],
        "statusCategory = Done": [each.key for each in truth if each.status_category == "done"],
        'statusCategory != "done"': [each.key for each in truth if each.status_category != "done"],
        f"parent = {issue.parent_id or issue.id}": [
            each.key for each in truth if each.parent_id == (issue.parent_id or issue.id)
        ],
    }.items():
        assert sorted(api.keys(jql)) == sorted(wanted), jql


def test_and_or_not_and_parentheses_bind_as_they_should(api: Caller, site: DemoSite, key: str) -> None:
    truth = site.issues_truth().values()
    jql = f"project = {key} and (assignee is empty or not statusCategory = done)"
    mixed = f"project = {key} and assignee is empty or statusCategory = done"

    assert set(api.keys(jql)) == {
        i.key for i in truth if i.project_key == key and (i.assignee is None or i.status_category != "done")
    }
    assert set(api.keys(mixed)) == {
        i.key for i in truth if (i.project_key == key and i.assignee is None) or i.status_category == "done"
    }


@pytest.mark.parametrize("field", ["created", "updated"])
def test_answers_come_in_the_order_asked_for(api: Caller, site: DemoSite, field: str) -> None:
    truth = site.issues_truth().values()
    wanted = sorted(getattr(issue, field) for issue in truth)
    up = [getattr(site.truth(key), field) for key in api.keys(f"created >= 0 order by {field} asc, id")]
    down = [getattr(site.truth(key), field) for key in api.keys(f"created >= 0 order by {field} desc")]

    assert up == wanted
    assert down == wanted[::-1]


def test_more_than_seven_sort_fields_are_refused(api: Caller) -> None:
    assert api.refused("created > 0 order by " + ", ".join(["created"] * 8))
    assert api.keys("created > 0 order by " + ", ".join(["created"] * 7))


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("(created > 0", "Error in the JQL Query: Expecting ')' before the end of the query."),
        ("created", "Expecting operator"),
        ("created >", "Expecting either a value, list or function before the end of the query."),
        ("nonsense = 1", "Field 'nonsense' does not exist or you do not have permission to view it."),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ('project = "X', "has not been completed"),
        ("created ~ 5", "The operator '~' is not supported by the 'created' field."),
        ("created > 0 created < 5", "Expecting either 'OR' or 'AND' but got 'created'."),
        ('"Story Points" > many', "'many' is an invalid value for the field 'Story Points'."),
        ("created >= never()", "Unable to find JQL function 'never()'."),
    ],
)
def test_a_query_that_means_nothing_is_answered_in_jiras_words(api: Caller, jql: str, message: str) -> None:
    assert message in api.refused(jql)[0]


def test_a_query_becomes_a_tree() -> None:
    query = parse("Project IN (A, 'B c') and not (id = 1 or updated >= \"-1d\") ORDER BY created DESC, key")

    assert query.where == And(
        (
            Clause("Project", "in", (Value("A"), Value("B c", quoted=True))),
            Not(
                Or((Clause("id", "=", (Value("1"),)), Clause("updated", ">=", (Value("-1d", quoted=True),))))
            ),
        )
    )
    assert query.order == (("created", True), ("key", False))


@given(st.text(alphabet="project=<>!~()'\",\\ andorti0123-x", max_size=40))
def test_any_text_parses_or_is_refused_with_a_message(text: str) -> None:
    def messages() -> list[str]:
        try:
            parse(text)
        except JqlError as error:
            return error.messages
        return ["none needed"]

    assert all(messages())


words = st.from_regex(re.compile(r"[a-z]{4,8}"), fullmatch=True)
values = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@given(
    st.lists(st.tuples(words, st.sampled_from(["=", "!=", ">=", "<", "~"]), values), min_size=1, max_size=5)
)
def test_quoted_values_come_back_as_they_went_in(clauses: list[tuple[str, str, str]]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    where = parse(" and ".join(f'"{field}" {op} {quoted(value)}' for field, op, value in clauses)).where
    parts = where.parts if isinstance(where, And) else (where,)

    assert parts == tuple(Clause(field, op, (Value(value, quoted=True),)) for field, op, value in clauses)
