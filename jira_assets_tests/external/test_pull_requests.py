"""Pull requests of any origin, tied to the issues whose keys stand in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.errors import InputError
from jira_assets.external.pull_requests import land_pull_requests
from jira_assets.lake.sql_files import statement
from jira_assets_tests.lake_fixture import NOON, LakeFixture, Row, seen


def pull(number: int, title: str = "Tidy up", **parts: Any) -> Row:
    created = f"2026-02-0{number % 9 + 1}T09:00:00+01:00"
    return {"repository": "acme/web", "number": number, "title": title, "created_at": created, **parts}


def written(bench: LakeFixture, *pulls: Row) -> str:
    path = bench.lake.root.parent / "pulls.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in pulls))
    return str(path)


def publish(bench: LakeFixture, *pulls: Row, tracked: tuple[str, ...] = ("10",)) -> None:
    land_pull_requests(bench.lake, written(bench, *pulls), NOON)
    bench.preview(*tracked)


def links(bench: LakeFixture) -> dict[str, set[str]]:
    rows = bench.ask("select jira_id, pull_request_id from issue_pull_requests")
    numbers = {row["pull_request_id"].removeprefix("acme/web#") for row in rows}
    return {
        number: {row["jira_id"] for row in rows if row["pull_request_id"] == f"acme/web#{number}"}
        for number in numbers
    }


def project(project_id: str, key: str) -> Row:
    return {"project_id": project_id, "project_key": key, "name": key, "is_archived": False}


def renamed(jira_id: str, old: str, new: str) -> Row:
    items = [{"field": "Key", "fromString": old, "toString": new}]
    return {"id": f"c{jira_id}", "created": "2026-01-01T00:00:00Z", "items": items}


def test_an_issue_is_found_by_its_key_in_title_branch_and_body(bench: LakeFixture) -> None:
    bench.land_and_derive(*(seen(each) for each in "123"))
    publish(
        bench,
        pull(
            1, "P10-1: tidy up", branch="feature/p10-1-tidy", body="Closes https://acme.example/browse/P10-1."
        ),
        pull(2, "P10-2 and (P10-3)", branch="main"),
        pull(3, body="See P10-3"),
        pull(4, "No key at all"),
    )

    rows = bench.ask("select * from issue_pull_requests order by all")
    assert [(row["jira_key"], row["pull_request_id"], row["found_in"]) for row in rows] == [
        ("P10-1", "acme/web#1", ["title", "branch", "body"]),
        ("P10-2", "acme/web#2", ["title"]),
        ("P10-3", "acme/web#2", ["title"]),
        ("P10-3", "acme/web#3", ["body"]),
    ]
    counts = bench.ask("select number, issues from pull_requests order by number")
    assert [row["issues"] for row in counts] == [1, 2, 1, 0]


TEXTS = {
    "XP10-1": "",
    "P10-12": "",
    "P10-1a": "",
    "P10-01": "",
    "P10-1: x, P10-2; [P10-3]": "123",
    "fix_P10-1_and_P10-2": "12",
    "修正P10-1の件": "1",
    "UTF-8, SHA-256 and P10-1": "1",
    "p10-1 is no key in prose": "",
}


def test_a_key_begins_and_ends_with_itself(bench: LakeFixture) -> None:
    bench.land_and_derive(*(seen(each) for each in "123"))
    publish(bench, *(pull(number, text) for number, text in enumerate(TEXTS)))

    found = links(bench)
    assert {text: found.get(str(number), set()) for number, text in enumerate(TEXTS)} == {
        text: set(jira_ids) for text, jira_ids in TEXTS.items()
    }


def test_an_issue_that_moved_is_found_by_the_keys_it_had(bench: LakeFixture) -> None:
    moves = [renamed("1", "OLD-7", "ELSE-3"), renamed("2", "ELSE-3", "P10-1")]
    bench.land([seen("2", key="ELSE-9")])
    bench.land_and_derive(seen("1", histories=moves), seen("2", updated=None))
    publish(
        bench,
        pull(1, "OLD-7"),
        pull(2, branch="else-3"),
        pull(3, "P10-1"),
        pull(4, "ELSE-9"),
        pull(5, "OLD-8"),
    )

    assert links(bench) == {"1": {"1"}, "2": {"1"}, "3": {"1"}, "4": {"2"}}
    row = bench.ask_one("select * from issue_pull_requests where pull_request_id = 'acme/web#1'")
    assert (row["jira_key"], row["mentioned_as"]) == ("P10-1", ["OLD-7"])


@pytest.mark.prove
def test_the_issues_of_a_renamed_project_are_found_by_their_old_keys(bench: LakeFixture) -> None:
    bench.land_site(
        "projects", {"project_id": "10", "project_key": "NEW", "name": "New", "is_archived": False}
    )
    bench.land_and_derive(seen("1"), seen("2", key="NEW-2"))
    publish(bench, pull(1, "P10-1"), pull(2, "NEW-1"), pull(3, "P10-2"))

    assert links(bench) == {"1": {"1"}, "2": {"1"}, "3": {"2"}}


@pytest.mark.prove
def test_a_key_of_today_is_stronger_than_one_of_the_past(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"), seen("2", histories=[renamed("2", "P10-1", "P10-2")]))
    publish(bench, pull(1, "P10-1"))

    assert links(bench) == {"1": {"1"}}


@pytest.mark.prove
def test_a_project_with_an_underscore_keeps_its_keys_for_itself(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", key="ABC-1"))
    bench.land_and_derive(seen("2", project="11", key="FIX_ABC-2"), project="11")
    bench.land_site("projects", project("10", "ABC"), project("11", "FIX_ABC"))
    publish(bench, pull(1, "FIX_ABC-2"), pull(2, "FIX_ABC-1"), pull(3, "try_ABC-1"), tracked=("10", "11"))

    assert links(bench) == {"1": {"2"}, "3": {"1"}}


def test_a_key_of_a_tracked_project_that_no_issue_has_is_named(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    publish(bench, pull(1, "P10-1 P10-9 UTF-8", branch="p10-9"))

    assert bench.ask_one("select unknown_keys, issues from pull_requests") == {
        "unknown_keys": ["P10-9"],
        "issues": 1,
    }


@pytest.mark.prove
def test_a_key_from_before_a_rename_that_no_issue_has_is_named(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", key="NEW-1"))
    bench.land_site("projects", project("10", "NEW") | {"former_keys": ["OLD"]})
    publish(bench, pull(1, "OLD-1 OLD-9 OTHER-2"))

    assert bench.ask_one("select unknown_keys, issues from pull_requests") == {
        "unknown_keys": ["OLD-9"],
        "issues": 1,
    }


def test_states_and_times_of_every_code_host_become_alike(bench: LakeFixture) -> None:
    publish(
        bench,
        pull(1, state="MERGED", closed_at="2026-02-03 10:00:00"),
        pull(2, state="closed", merged_at="2026-02-03T10:00:00Z"),
        pull(3, state="DECLINED"),
        pull(4, state="opened"),
        pull(5, closed_at="2026-02-03T12:00:00+0200"),
    )

    rows = bench.ask("select state, merged_at, closed_at from pull_requests order by number")
    assert [row["state"] for row in rows] == ["merged", "merged", "closed", "open", "closed"]
    times = [str(row["merged_at"] or row["closed_at"]) for row in rows]
    assert times == ["2026-02-03 10:00:00", "2026-02-03 10:00:00", "None", "None", "2026-02-03 10:00:00"]


@pytest.mark.parametrize(
    ("pulls", "words"),
    [
        ([{"number": 1, "title": "x"}], "lacks the columns repository, created_at"),
        ([pull(1), pull(2, created_at="soon")], "acme/web#2 has 'soon' as created_at, which is no time"),
        ([pull(1, merged_at="never")], "acme/web#1 has 'never' as merged_at, which is no time"),
        ([pull(1), pull(1, "Another title")], "acme/web#1 stands there more than once, and 1 more rows"),
        ([{**pull(1), "number": None}], "one without a number has no number"),
        ([{**pull(1), "repository": ""}], "one without a number has no repository"),
    ],
)
def test_a_table_that_is_not_right_is_an_error_and_what_was_read_stays(
    pulls: list[Row], words: str, bench: LakeFixture
) -> None:
    land_pull_requests(bench.lake, written(bench, pull(5)), NOON)
    before = bench.lake.site_manifest()
    with pytest.raises(InputError, match=words):
        land_pull_requests(bench.lake, written(bench, *pulls), NOON)
    assert bench.lake.site_manifest() == before
    assert bench.lake.path(before.tables["pull_requests"].path).exists()


@pytest.mark.prove
def test_a_row_that_is_there_twice_is_one_pull_request(bench: LakeFixture) -> None:
    publish(bench, pull(1), pull(1))

    assert len(bench.ask("from pull_requests")) == 1


@pytest.mark.few_tables("pull_requests")
def test_only_what_changed_is_published(bench: LakeFixture) -> None:
    publish(bench, pull(1))
    bench.publish()
    source = written(bench, pull(1))
    os.utime(source, (1, 1))
    land_pull_requests(bench.lake, source, NOON)
    assert bench.publish() is None
    land_pull_requests(bench.lake, f"from '{source}'", NOON)
    assert bench.publish() is None
    land_pull_requests(bench.lake, written(bench, pull(1), pull(2)), NOON)
    assert bench.publish() is not None
    land_pull_requests(bench.lake, None, NOON)
    assert bench.publish() is not None
    assert bench.ask("from pull_requests") == []


def test_a_source_whose_files_did_not_change_is_not_read_again(bench: LakeFixture) -> None:
    source = Path(written(bench, pull(1)))
    land_pull_requests(bench.lake, str(source), NOON)
    facts = source.stat()
    source.write_text("x" * facts.st_size)
    os.utime(source, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    land_pull_requests(bench.lake, str(source), NOON)
    source.write_text("no JSON")
    with pytest.raises(InputError, match=r"cannot be read: .*Malformed JSON"):
        land_pull_requests(bench.lake, str(source), NOON)


KNOWN = ("FIX_ABC", "ABC", "AB")


def keys_by_hand(text: str) -> set[str]:
    """Go through the text letter by letter."""
    found, place = set(), 0
    while place < len(text):
        match = next((key for key in KNOWN if text.startswith(f"{key}-", place)), "")
        end = start = place + len(match) + 1
        while end < len(text) and text[end] in "0123456789":
            end += 1
        begins = place == 0 or not is_letter(text[place - 1])
        ends = end == len(text) or not is_letter(text[end])
        if match and begins and ends and end > start and text[start] != "0":
            found.add(f"{match}-{text[start:end]}")
            place = end
        else:
            place += 1
    return found


def is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


@given(
    st.lists(st.sampled_from(["ABC", "FIX", "AB", "a", "_", "-", "1", "20", "0", " ", ".", "é", "/"])).map(
        "".join
    )
)
def test_keys_are_found_as_by_hand(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    engine.execute(statement("external/pull_requests/keys_in"))
    found = engine.execute("select keys_in($text)", {"text": text}).fetchone()
    assert found is not None
    assert {key for mention in found[0] if (key := read(mention))} == keys_by_hand(text)


def read(mention: str) -> str | None:
    """Take the longest project that is known, as publishing does."""
    name, _, number = mention.rpartition("-")
    parts = name.split("_")
    readings = ["_".join(parts[start:]) for start in range(len(parts))]
    return next((f"{reading}-{number}" for reading in readings if reading in KNOWN), None)
