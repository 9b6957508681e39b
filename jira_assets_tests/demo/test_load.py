from __future__ import annotations

import csv
import gzip
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.data import DemoIssue, SiteData
from jira_assets.demo.load.lines import milliseconds
from jira_assets.demo.load.load import load_site
from jira_assets.errors import InputError

DONE = {"id": "6", "name": "Closed", "statusCategory": {"id": 3, "key": "done", "name": "Done"}}
OPEN = {"id": "1", "name": "Open", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}}
ADA = {"accountId": "a:1", "displayName": "Ada", "active": True, "emailAddress": ""}


def issue_json(number: int, /, **fields: Any) -> dict[str, Any]:
    base = {
        "summary": f"Issue {number}",
        "project": {"id": "700", "key": "TEA", "name": "Tea"},
        "issuetype": {"id": "1", "name": "Bug", "subtask": False},
        "status": OPEN,
        "created": "2024-01-01T10:00:00.000+0000",
        "updated": "2024-01-02T10:00:00.000+0000",
    }
    return {"id": str(1000 + number), "key": f"TEA-{number}", "fields": base | fields}


def sprint_json(state: str, **more: Any) -> dict[str, Any]:
    return {"id": 9, "name": "Sprint 9", "state": state, "boardId": 4, "goal": ""} | more


def write(path: Path, records: Sequence[object]) -> Path:
    text = "".join(json.dumps(record) + "\n" for record in records)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def by_number(data: SiteData) -> dict[int, DemoIssue]:
    return {issue.number: issue for issue in data.issues}


def test_plain_and_compressed_files_of_a_folder_make_one_site(tmp_path: Path) -> None:
    other = issue_json(1, project={"id": "800", "key": "RUM", "name": "Rum"}) | {"id": "5", "key": "RUM-1"}
    write(tmp_path / "TEA.jsonl", [issue_json(1), issue_json(2)])
    write(tmp_path / "RUM.jsonl.gz", [other])
    write(tmp_path / "users.jsonl.gz", [ADA])
    (tmp_path / "notes.csv").write_text("not ours")

    data = load_site([tmp_path])

    assert {project.key: project.id for project in data.projects} == {"TEA": 700, "RUM": 800}
    assert [issue.id for issue in data.issues] == [5, 1001, 1002]
    assert [user.account_id for user in data.users] == ["a:1"]


def test_several_paths_are_read_and_the_newest_version_of_an_issue_stays(tmp_path: Path) -> None:
    newer = issue_json(1, summary="new", updated="2024-03-01T10:00:00.000+0000")
    first = write(tmp_path / "TEA.jsonl", [newer])
    second = write(tmp_path / "TEA-again.jsonl", [issue_json(1, summary="old"), issue_json(2)])

    data = load_site([first, second])

    assert by_number(data)[1].fields["summary"] == "new"
    assert len(data.issues) == 2


def test_fields_stay_as_they_are_and_times_keep_their_instant(tmp_path: Path) -> None:
    record = issue_json(
        1, created="2024-01-01T12:00:00.123+0200", assignee=ADA, customfield_10077=[1, {"a": None}]
    )
    data = load_site([write(tmp_path / "TEA.jsonl", [record])])
    issue = data.issues[0]

    kept = {name: value for name, value in record["fields"].items() if name not in ("created", "updated")}
    assert issue.fields == kept
    assert issue.created == milliseconds("2024-01-01T10:00:00.123Z")


def test_the_newest_copy_of_a_sprint_counts_and_issues_keep_their_own(tmp_path: Path) -> None:
    old = sprint_json("active", startDate="2024-01-01T00:00:00.000Z")
    new = sprint_json("CLOSED", name="Renamed", completeDate="2024-01-15T00:00:00.000Z")
    records = [
        issue_json(1, customfield_10055=[new], updated="2024-02-01T10:00:00.000+0000"),
        issue_json(2, customfield_10055=[old]),
    ]
    data = load_site([write(tmp_path / "TEA.jsonl", records)])

    assert [(s.id, s.name, s.state, s.board_id) for s in data.sprints] == [(9, "Renamed", "closed", 4)]
    assert data.sprints[0].complete == milliseconds("2024-01-15T00:00:00Z")
    assert by_number(data)[2].fields["customfield_10055"] == [old]
    assert [(board.id, board.project_id) for board in data.boards] == [(4, 700)]


def test_fields_are_told_by_the_shape_of_their_values(tmp_path: Path) -> None:
    record = issue_json(
        1,
        customfield_10055=[sprint_json("future")],
        customfield_10016=3.0,
        customfield_10090=0.5,
        customfield_10091="2024-01-01",
        customfield_10092=ADA,
        customfield_10093={"id": "1", "value": "High"},
        customfield_10094=["a", "b"],
        customfield_10095={"type": "doc", "version": 1, "content": []},
    )
    empty = issue_json(2, customfield_10016=None, customfield_10096=None)
    data = load_site([write(tmp_path / "TEA.jsonl", [record, empty])])
    kinds = {f.id: (f.name, (f.schema or {})["type"]) for f in data.fields if f.custom}

    assert kinds == {
        "customfield_10016": ("Story point estimate", "number"),
        "customfield_10055": ("Sprint", "array"),
        "customfield_10090": ("Custom field 10090", "number"),
        "customfield_10091": ("Custom field 10091", "date"),
        "customfield_10092": ("Custom field 10092", "user"),
        "customfield_10093": ("Custom field 10093", "option"),
        "customfield_10094": ("Custom field 10094", "array"),
        "customfield_10095": ("Custom field 10095", "string"),
        "customfield_10096": ("Custom field 10096", "string"),
    }
    assert [f.id for f in data.fields if f.is_sprint] == ["customfield_10055"]
    assert data.boards[0].estimation_field == "customfield_10016"


def test_an_unusual_number_field_holds_the_points_when_no_usual_one_has_values(tmp_path: Path) -> None:
    record = issue_json(1, customfield_10016=None, customfield_12345=8)
    data = load_site([write(tmp_path / "TEA.jsonl", [record])])

    assert [f.id for f in data.fields if f.name == "Story Points"] == ["customfield_12345"]


def test_people_versions_components_and_statuses_come_from_the_issues(tmp_path: Path) -> None:
    parent = {
        "id": "77",
        "key": "OLD-1",
        "fields": {"status": DONE, "issuetype": {"id": "6", "name": "Epic"}},
    }
    record = issue_json(
        1,
        assignee=ADA,
        parent=parent,
        fixVersions=[{"id": "50", "name": "1.0"}],
        versions=[{"id": "51", "name": "0.9"}],
        components=[{"id": "60", "name": "Kettle"}],
        priority={"id": "2", "name": "High"},
        resolution={"id": "3", "name": "Duplicate"},
    )
    data = load_site([write(tmp_path / "TEA.jsonl", [record])])

    assert [(user.display_name, user.email, user.extra) for user in data.users] == [("Ada", None, ADA)]
    assert {status.name: status.category_key for status in data.statuses} == {"Open": "new", "Closed": "done"}
    assert {kind.name: kind.hierarchy_level for kind in data.issue_types} == {"Bug": 0, "Epic": 1}
    assert [v["id"] for v in data.projects[0].versions] == ["50", "51"]
    assert [c["name"] for c in data.projects[0].components] == ["Kettle"]
    assert [p.name for p in data.priorities] == ["High"]
    assert [r.name for r in data.resolutions] == ["Duplicate"]
    assert data.issues[0].fields["parent"] == parent


@pytest.mark.parametrize("reference", ["TEA-1", "1001", 1001, {"key": "TEA-1"}])
def test_a_parent_named_by_key_or_id_becomes_a_reference(tmp_path: Path, reference: object) -> None:
    data = load_site([write(tmp_path / "TEA.jsonl", [issue_json(1), issue_json(2, parent=reference)])])

    assert by_number(data)[2].fields["parent"] == 1001


def test_an_issue_that_was_written_under_another_project_key_keeps_it_as_an_old_key(tmp_path: Path) -> None:
    data = load_site([write(tmp_path / "TEA.jsonl", [issue_json(3) | {"key": "CUP-3"}])])

    assert (data.issues[0].number, data.issues[0].old_keys) == (3, ["CUP-3"])


def test_embedded_changelogs_are_taken_oldest_first(tmp_path: Path) -> None:
    entries = [
        {"id": "2", "author": ADA, "created": "2024-01-02T00:00:00.000+0000", "items": []},
        {"id": "1", "author": ADA, "created": "2024-01-01T12:00:00.000+0100", "items": []},
    ]
    record = issue_json(1) | {"changelog": {"startAt": 0, "histories": entries}}
    data = load_site([write(tmp_path / "TEA.jsonl", [record])])

    assert [history["id"] for history in data.issues[0].histories] == ["1", "2"]
    assert data.issues[0].histories[0]["created"] == milliseconds("2024-01-01T11:00:00Z")
    assert [user.account_id for user in data.users] == ["a:1"]


@pytest.mark.parametrize(
    ("second_line", "complaint"),
    [
        (b'{"id": "1", "key"', "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"id": "1", "key": "TEA-1"}', "`fields`"),
        (json.dumps(issue_json(2, status=None)).encode(), "$.status"),
        (json.dumps(issue_json(2, created="yesterday")).encode(), "yesterday"),
        (json.dumps(issue_json(2, created="2024-01-01T10:00:00")).encode(), "no offset"),
        (json.dumps(issue_json(2) | {"key": "TEA"}).encode(), "'TEA' is no issue key"),
        (json.dumps(issue_json(2) | {"changelog": {"histories": [{"id": "1"}]}}).encode(), "created"),
        (json.dumps(issue_json(2, customfield_10020=[sprint_json("paused")])).encode(), "paused"),
    ],
)
def test_a_broken_line_is_named_with_its_file(tmp_path: Path, second_line: bytes, complaint: str) -> None:
    path = tmp_path / "TEA.jsonl"
    path.write_bytes(json.dumps(issue_json(1)).encode() + b"\n" + second_line + b"\n")

    with pytest.raises(InputError) as caught:
        load_site([path])

    assert f"{path}, line 2: " in caught.value.reason
    assert complaint in caught.value.reason
    assert caught.value.instruction


def test_a_compressed_file_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "TEA.jsonl.gz", [issue_json(number) for number in range(200)])
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(InputError, match="breaks off"):
        load_site([path])


def test_a_broken_user_line_is_named(tmp_path: Path) -> None:
    write(tmp_path / "TEA.jsonl", [issue_json(1)])
    write(tmp_path / "users.jsonl", [ADA, {"displayName": "Nobody"}])

    with pytest.raises(InputError, match=r"users\.jsonl, line 2: .*accountId"):
        load_site([tmp_path])


def test_nothing_to_load_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_site([tmp_path / "nowhere"])
    with pytest.raises(InputError, match="no issue file"):
        load_site([tmp_path])


def titanium_folder() -> Path:
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("JIRA_ASSETS_SHARED", beside)) / "titanium"
    if not folder.is_dir():
        pytest.skip(f"the real issues are not here: {folder} (set JIRA_ASSETS_SHARED)")
    return folder


@pytest.fixture(scope="module")
def titanium() -> SiteData:
    return load_site([titanium_folder()])


def test_nine_thousand_real_issues_load_as_they_are(titanium: SiteData) -> None:
    folder, data = titanium_folder(), titanium
    with gzip.open(folder / "expected.csv.gz", "rt") as file:
        expected = {row["issue_id"]: row for row in csv.DictReader(file)}
    keys = {project.id: project.key for project in data.projects}
    statuses = {status.id: status for status in data.statuses}

    assert {str(issue.id) for issue in data.issues} == expected.keys()
    for issue in data.issues:
        row, fields = expected[str(issue.id)], issue.fields
        sprints = [str(sprint["id"]) for sprint in fields["customfield_10020"] or []]
        points = fields["customfield_10016"]
        assert f"{keys[issue.project_id]}-{issue.number}" == row["issue_key"]
        assert statuses[fields["status"]["id"]].name == row["status"]
        assert statuses[fields["status"]["id"]].category_key == row["status_category"]
        assert len(sprints) == int(row["n_sprints"])
        assert points == (float(row["story_points"]) if row["story_points"] else None)
        assert (fields.get("parent") or {}).get("key", "") == row["parent_key"]
    assert Counter(keys[issue.project_id] for issue in data.issues) == Counter(
        row["project_key"] for row in expected.values()
    )


def test_the_sprint_and_points_fields_of_the_real_issues_are_recognized(titanium: SiteData) -> None:
    data = titanium

    assert [field.id for field in data.fields if field.is_sprint] == ["customfield_10020"]
    assert {board.estimation_field for board in data.boards} == {"customfield_10016"}
    assert len(data.users) == 2365
    assert {board.id for board in data.boards} >= {sprint.board_id for sprint in data.sprints}
