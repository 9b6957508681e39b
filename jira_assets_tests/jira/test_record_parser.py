"""An odd record in any list of Jira's costs itself alone; what fits of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets.errors import IncompleteRead, SiteUnavailable
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import Field, Project, Sprint, User
from jira_assets.jira.record_parser import counting_odd_records, read_records
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import Canned

LISTS: dict[str, tuple[Callable[[JiraClient], Any], dict[str, Any], bool]] = {
    "project/search": (lambda client: list(client.fetch_projects()), {"id": "1", "key": "A"}, True),
    "project/search, archived": (
        lambda client: list(client.fetch_projects("archived")),
        {"id": "1", "key": "A"},
        True,
    ),
    "field": (lambda client: client.fetch_fields(), {"id": "summary"}, False),
    "status": (lambda client: client.fetch_statuses(), {"id": "1"}, False),
    "issuetype": (lambda client: client.fetch_issue_types(), {"id": "1"}, False),
    "users/search": (lambda client: list(client.fetch_users()), {"accountId": "a"}, False),
    "user/bulk": (lambda client: client.fetch_users_by_id(["a"]), {"accountId": "a"}, True),
    "board": (lambda client: client.fetch_boards("1"), {"id": 1}, True),
    "board/{}/sprint": (lambda client: client.fetch_board_sprints(1), {"id": 1}, True),
}
ODD: list[Any] = [{}, {"name": "no id"}, None, "text", 7, [], {"id": None, "accountId": None}, {"id": [1]}]


@pytest.mark.parametrize("name", LISTS)
def test_records_without_an_id_are_left_out_and_counted(scripted: Ask, name: str) -> None:
    fetch, good, paged = LISTS[name]
    elements = [*ODD[:4], good, *ODD[4:]]
    last: Any = {"values": elements, "isLast": True} if paged else elements
    client, _ = scripted(Canned(last), Canned([]))

    with counting_odd_records() as odd:
        (found,) = fetch(client)

    assert found == msgspec.convert(good, type(found))
    assert (odd.left_out, odd.kept_in_part) == (len(ODD), 0)


@pytest.mark.parametrize("name", LISTS)
def test_attributes_of_a_wrong_type_are_as_if_they_were_absent(scripted: Ask, name: str) -> None:
    fetch, good, paged = LISTS[name]
    odd_parts: dict[str, Any] = {
        "name": {"text": "x"},
        "displayName": [],
        "state": [],
        "statusCategory": 3,
        "scope": "project",
        "schema": [],
        "active": "perhaps",
        "versions": {},
        "location": "here",
        "subtask": {},
        "hierarchyLevel": "top",
    }
    element = {**odd_parts, **good}
    client, _ = scripted(Canned({"values": [element], "isLast": True} if paged else [element]), Canned([]))

    with counting_odd_records() as odd:
        (found,) = fetch(client)

    assert found == msgspec.convert(good, type(found))
    assert (odd.left_out, odd.kept_in_part) == (0, 1)


def test_a_project_keeps_the_versions_and_components_that_have_an_id(scripted: Ask) -> None:
    body = {"id": 10000, "key": "A", "versions": [{"name": "x"}, {"id": "7"}], "components": ["x", {"id": 8}]}
    client, _ = scripted(Canned(body))

    project = client.fetch_project("10000")

    assert project.id == "10000"
    assert [version.id for version in project.versions or ()] == ["7"]
    assert [component.id for component in project.components or ()] == ["8"]


@pytest.mark.parametrize("body", [{}, [], 7, {"id": "x"}, {"id": None}])
def test_a_single_record_without_an_id_is_an_incomplete_read(scripted: Ask, body: Any) -> None:
    client, _ = scripted(Canned(body))
    with pytest.raises(IncompleteRead, match=r"unexpected response: .*The response was discarded"):
        client.fetch_sprint(1)


def test_a_board_that_says_little_of_itself_has_no_estimate(scripted: Ask) -> None:
    client, _ = scripted(
        Canned({"id": 1, "estimation": {"type": "field", "field": {"displayName": "Points"}}})
    )
    assert client.fetch_board_configuration(1).estimation_field is None


def test_an_html_404_is_no_empty_list_of_projects(scripted: Ask) -> None:
    client, _ = scripted(Canned("<html><title>Page Unavailable</title></html>", 404))
    with pytest.raises(SiteUnavailable, match=r"is not available: .*Open the site in a browser"):
        list(client.fetch_projects())


def test_lists_that_do_not_heed_the_position_end(scripted: Ask) -> None:
    client, _ = scripted(Canned([{"accountId": "a"}]))
    assert [user.account_id for user in client.fetch_users()] == ["a"]

    client, _ = scripted(Canned({"values": [{"id": 1}]}))
    assert [board.id for board in client.fetch_boards("1")] == [1]

    client, _ = scripted(Canned({"values": [{"id": 1}], "isLast": False}))
    with pytest.raises(IncompleteRead, match="same page"):
        client.fetch_boards("1")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


odd_records = given(
    st.sampled_from([Project, Field, Sprint, User]),
    st.dictionaries(
        st.sampled_from(["id", "key", "accountId", "name", "schema", "scope", "versions", "active", "state"]),
        anything,
    ),
)


@settings(max_examples=15, derandomize=True)
@odd_records
def test_no_record_is_so_odd_that_reading_it_raises(shape: type[msgspec.Struct], element: Any) -> None:
    assert len(read_records([msgspec.Raw(msgspec.json.encode(element))], shape)) <= 1


@pytest.mark.prove
@settings(max_examples=300)
@odd_records
def test_of_many_records_none_is_so_odd_that_reading_it_raises(
    shape: type[msgspec.Struct], element: Any
) -> None:
    assert len(read_records([msgspec.Raw(msgspec.json.encode(element))], shape)) <= 1
