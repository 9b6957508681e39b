"""Links over time, replayed from changes and compared with those of today."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen, utc
from jira_assets_tests.warehouse.test_links import BLOCKS, Link, to

CREATED = "2026-03-01T10:00:00.000+0000"


def change(number: int, *, added: str | None = None, removed: str | None = None, **named: Any) -> Row:
    """Write a change of a link at a minute past eleven."""
    words = named.pop("words", "This issue blocks")
    item = {"field": "Link", "fieldtype": "jira", "from": removed, "to": added, **named}
    item["fromString"] = removed and f"{words} {removed}"
    item["toString"] = added and f"{words} {added}"
    return {"id": str(number), "created": f"2026-03-01T11:{number:02}:00.000+0000", "items": [item]}


def spans(bench: LakeFixture, links: list[Link] | None, *changes: Row) -> list[tuple[Any, ...]]:
    """Return the spans of an issue with these links and changes: beginning, end, and whether all is right."""
    fields = {"created": CREATED} if links is None else {"created": CREATED, "issuelinks": links}
    bench.land_and_derive(seen("1", fields, histories=changes))
    bench.preview("10", "11")
    rows = bench.ask("select * from issue_link_spans where jira_id = '1' order by linked_at, other_key")
    return [
        (minute(row["linked_at"]), minute(row["unlinked_at"]), row["contradiction"] is None) for row in rows
    ]


def minute(moment: Any) -> int | None:
    return None if moment is None else int((moment - utc(2026, 3, 1, 11)).total_seconds() // 60)


def other(bench: LakeFixture, key: str = "P10-2", **given: Any) -> None:
    bench.land_and_derive(seen("2", {"issuelinks": []}, key=key, updated=at(-99)), asked_at=at(-99), **given)


def test_a_link_begins_when_it_is_added_and_ends_when_it_is_removed(bench: LakeFixture) -> None:
    other(bench)
    found = spans(
        bench, [to("2")], change(1, added="P10-2"), change(3, removed="P10-2"), change(5, added="P10-2")
    )
    assert found == [(1, 3, True), (5, None, True)]
    rows = bench.ask(
        "select link, other_jira_id, other_key, link_id from issue_link_spans "
        "where jira_id = '1' order by linked_at"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("blocks", "2", "P10-2", None),
        ("blocks", "2", "P10-2", "100"),
    ]


def test_a_link_without_a_change_is_there_since_the_creation(bench: LakeFixture) -> None:
    assert spans(bench, [to("2")]) == [(-60, None, True)]


@pytest.mark.prove
def test_a_link_that_is_removed_without_having_been_added_is_there_since_the_creation(
    bench: LakeFixture,
) -> None:
    other(bench)
    assert spans(bench, [], change(3, removed="P10-2")) == [(-60, 3, True)]


def test_a_link_that_the_changes_removed_and_jira_shows_is_flagged(bench: LakeFixture) -> None:
    other(bench)
    found = spans(bench, [to("2")], change(1, added="P10-2"), change(3, removed="P10-2"))
    assert sorted(found) == [(-60, None, False), (1, 3, True)]


@pytest.mark.prove
def test_a_link_that_the_changes_added_and_jira_does_not_show_is_flagged(bench: LakeFixture) -> None:
    other(bench)
    assert spans(bench, [], change(1, added="P10-2")) == [(1, None, False)]


def test_a_link_to_a_deleted_issue_ends_with_it(bench: LakeFixture) -> None:
    other(bench)
    bench.land_and_derive(seen("2", kind="gone", payload=b"null"), asked_at=at(5))
    assert spans(bench, [], change(1, added="P10-2")) == [(1, 65, True)]


@pytest.mark.prove
def test_a_change_that_names_a_former_key_means_the_same_issue(bench: LakeFixture) -> None:
    moved = {"field": "Key", "from": None, "fromString": "OLD-9", "to": None, "toString": "P10-2"}
    history = {"id": "50", "created": CREATED, "items": [moved]}
    bench.land_and_derive(
        seen("2", {"issuelinks": []}, histories=[history], updated=at(-99)), asked_at=at(-99)
    )
    assert spans(bench, [to("2")], change(1, added="OLD-9")) == [(1, None, True)]


def test_a_renamed_project_renames_the_keys_in_changes(bench: LakeFixture) -> None:
    bench.land_site("projects", {"project_id": "10", "project_key": "P10", "former_keys": ["OLD"]})
    other(bench)
    assert spans(bench, [to("2")], change(1, added="OLD-2")) == [(1, None, True)]


@pytest.mark.prove
def test_the_sentence_may_be_in_any_language(bench: LakeFixture) -> None:
    other(bench)
    assert spans(bench, [to("2")], change(1, added="P10-2", words="Dieser Vorgang blocks")) == [
        (1, None, True)
    ]


@pytest.mark.prove
def test_two_types_between_the_same_issues_are_apart(bench: LakeFixture) -> None:
    other(bench)
    clones = {
        **to("2", link="101"),
        "type": {**BLOCKS, "name": "Cloners", "outward": "clones", "inward": "is cloned by"},
    }
    changes = (
        change(1, added="P10-2"),
        change(2, added="P10-2", words="This issue clones"),
        change(4, removed="P10-2"),
    )
    assert spans(bench, [clones], *changes) == [(1, 4, True), (2, None, True)]
