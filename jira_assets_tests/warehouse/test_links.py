"""Links between issues: one row a link, wherever and whenever its ends were read."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture, at, seen
from jira_assets_tests.sampling import sampled

BLOCKS = {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
Link = dict[str, Any]


def to(other: str, *, link: str = "100", key: str | None = None, direction: str = "outward") -> Link:
    """Write a link as the issue at one end of it shows it."""
    return {"id": link, "type": BLOCKS, f"{direction}Issue": {"id": other, "key": key or f"P10-{other}"}}


def by(other: str, **given: Any) -> Link:
    """Write the other end of such a link."""
    return to(other, direction="inward", **given)


def land(bench: LakeFixture, jira_id: str, *links: Link, minute: float = 0, project: str = "10") -> None:
    observed = seen(jira_id, {"issuelinks": list(links)}, project=project, updated=at(minute))
    bench.land_and_derive(observed, project=project, asked_at=at(minute))


def links(bench: LakeFixture, *projects: str) -> list[tuple[Any, ...]]:
    """Return source, target and the ends that show it."""
    bench.preview(*projects)
    rows = bench.ask("select * from jira_issue_links order by link_id")
    return [(row["source_jira_id"], row["target_jira_id"], row["seen_on"]) for row in rows]


def test_a_link_that_both_ends_show_is_one_row(bench: LakeFixture) -> None:
    land(bench, "1", to("2"))
    land(bench, "2", by("1"))
    bench.preview()

    assert bench.ask_one("select * from jira_issue_links") == {
        "link_id": "100",
        "source_jira_id": "1",
        "source_key": "P10-1",
        "target_jira_id": "2",
        "target_key": "P10-2",
        "type_id": "10000",
        "type": "Blocks",
        "outward": "blocks",
        "inward": "is blocked by",
        "is_source_tracked": True,
        "is_target_tracked": True,
        "seen_on": "both",
    }


@pytest.mark.prove
def test_a_link_between_projects_of_which_one_is_not_read_yet_is_one_row(bench: LakeFixture) -> None:
    land(bench, "1", to("2", key="P11-2"))
    assert links(bench, "10", "11") == [("1", "2", "source")]
    land(bench, "2", by("1"), minute=5, project="11")
    assert links(bench, "10", "11") == [("1", "2", "both")]


@pytest.mark.prove
def test_a_link_that_only_the_issue_read_later_shows_is_new(bench: LakeFixture) -> None:
    land(bench, "2", project="11")
    land(bench, "1", to("2", key="P11-2"), minute=5)
    assert links(bench, "10", "11") == [("1", "2", "source")]


def test_a_link_that_the_issue_read_later_does_not_show_is_gone(bench: LakeFixture) -> None:
    land(bench, "1", to("2", key="P11-2"))
    land(bench, "2", project="11", minute=5)
    assert links(bench, "10", "11") == []


@pytest.mark.prove
def test_an_issue_without_the_field_denies_no_link(bench: LakeFixture) -> None:
    land(bench, "1", to("2", key="P11-2"))
    bench.land_and_derive(seen("2", {"summary": "old"}, project="11"), project="11", asked_at=at(5))
    assert links(bench, "10", "11") == [("1", "2", "source")]


@pytest.mark.prove
def test_payloads_without_the_field_have_no_links(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"summary": "old"}), seen("2", {"issuelinks": None}))
    assert links(bench) == []


def test_a_link_from_an_issue_of_an_untracked_project_has_the_key_that_was_seen(bench: LakeFixture) -> None:
    land(bench, "1", by("2", key="ELSE-9"))
    bench.preview()
    row = bench.ask_one("select * from jira_issue_links")
    assert (row["source_jira_id"], row["source_key"], row["seen_on"]) == ("2", "ELSE-9", "target")
    assert (row["is_source_tracked"], row["is_target_tracked"]) == (False, True)


def test_a_link_of_an_issue_to_itself_is_one_row(bench: LakeFixture) -> None:
    land(bench, "1", to("1"), by("1"))
    assert links(bench) == [("1", "1", "both")]


@pytest.mark.prove
def test_two_types_between_the_same_issues_are_two_rows(bench: LakeFixture) -> None:
    land(bench, "1", to("2"), to("2", link="101"))
    land(bench, "2", by("1"), by("1", link="101"))
    assert links(bench) == [("1", "2", "both")] * 2


@pytest.mark.parametrize(("reason", "count"), sampled([("gone", 0), ("archived", 1), ("invisible", 1)]))
def test_a_link_to_a_deleted_issue_is_gone_with_it(bench: LakeFixture, reason: Any, count: int) -> None:
    land(bench, "1", to("2", key="P11-2"))
    land(bench, "2", by("1"), project="11")
    lost = seen("2", project="11", kind=reason, payload=b"null")
    bench.land_and_derive(lost, project="11", asked_at=at(5))
    assert len(links(bench, "10", "11")) == count


def test_a_moved_issue_has_its_key_of_today(bench: LakeFixture) -> None:
    land(bench, "1", to("2", key="P10-2"))
    land(bench, "2", by("1"), minute=-5)
    land(bench, "2", by("1"), minute=5, project="11")
    bench.preview("10", "11")
    row = bench.ask_one("select * from jira_issue_links")
    assert (row["target_key"], row["seen_on"]) == ("P11-2", "both")


@pytest.mark.parametrize(
    "broken", sampled([[{"id": "5"}], ["x"], [None], [{"outwardIssue": {"id": "2"}}], "x", {}])
)
def test_what_is_no_link_gives_no_row(bench: LakeFixture, broken: Any) -> None:
    bench.land_and_derive(seen("1", {"issuelinks": broken}))
    assert links(bench) == []
