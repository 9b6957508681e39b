"""What holds of a manifest whatever was done to it, and that nothing changes one but its methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jira_assets
from jira_assets.lake.manifest import (
    Damage,
    Derived,
    Manifest,
    Proof,
    RawFile,
    SetAside,
    Unproved,
    UnreadIssue,
)
from jira_assets.lake.site_manifest import Notice, ProjectDetails, SiteManifest, SiteTable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
TABLE = SiteTable("site/x.parquet", 1, NOON)
MOMENTS = st.integers(0, 10**6).map(lambda minutes: NOON + timedelta(minutes=minutes))


def raw(path: str, rows: int = 1) -> RawFile:
    return RawFile(path, rows, NOON)


def proof(at: datetime = NOON, missing: int = 0) -> Proof:
    return Proof(at, in_jira=3, in_lake=3, missing=missing, fetched=0)


def unread(jira_id: str = "7", *, since: datetime = NOON, is_left_out: bool = False) -> UnreadIssue:
    return UnreadIssue(jira_id, f"P-{jira_id}", NOON, since, "error 500", is_left_out)


@given(st.lists(MOMENTS, min_size=1))
def test_the_watermark_only_moves_forward(moments: list[datetime]) -> None:
    manifest, passed = Manifest("10", "P"), []
    for moment in moments:
        manifest.advance_watermark(moment, looked_back=False)
        assert manifest.watermark is not None
        passed.append(manifest.watermark)

    assert passed == sorted(passed)
    assert passed[-1] == max(moments)


def test_a_read_that_ends_is_paused_no_more_and_remembers_a_deep_look_back() -> None:
    manifest = Manifest("10", "P")
    manifest.pause(NOON, read=3, expected=9)
    manifest.advance_watermark(NOON, looked_back=True)
    manifest.advance_watermark(LATER, looked_back=False)

    assert (manifest.paused, manifest.looked_back_at) == (None, NOON)


def test_no_two_files_get_the_same_number() -> None:
    manifest = Manifest("10", "P")

    assert [manifest.take_seq() for _ in range(3)] == [1, 2, 3]
    assert manifest.next_seq == 4


def test_a_raw_file_exists_once() -> None:
    manifest = Manifest("10", "P")
    manifest.add_raw(raw("a"))

    with pytest.raises(ValueError, match="a is in the manifest already"):
        manifest.add_raw(raw("a", rows=2))
    assert manifest.raw == [raw("a")]


def test_raw_files_are_replaced_only_by_files_with_as_many_observations() -> None:
    manifest = Manifest("10", "P", raw=[raw("a", 2), raw("b", 3)])

    with pytest.raises(ValueError, match="5 observations of project 10 would become 4"):
        manifest.replace_raw([raw("c", 4)])
    manifest.replace_raw([raw("d", 5)])

    assert manifest.raw == [raw("d", 5)]


def test_what_a_damaged_file_held_is_remembered_until_a_read_of_everything_ends() -> None:
    manifest = Manifest("10", "P", raw=[raw("a"), raw("b")])
    manifest.note_damaged([Damage("a", "is missing")])
    manifest.remove_damaged_raw([SetAside("a", 1, 4)])
    manifest.advance_watermark(NOON, looked_back=True)

    assert (manifest.raw, manifest.damaged) == ([raw("b")], [])
    assert manifest.set_aside == [SetAside("a", 1, 4)]

    manifest.conclude(proof())

    assert manifest.set_aside == []


def test_a_full_refresh_begins_once_and_only_where_it_is_needed_or_wanted() -> None:
    manifest = Manifest("10", "P", next_seq=5)

    assert manifest.begin_full_refresh(NOON)
    manifest.take_seq()
    assert not manifest.begin_full_refresh(LATER, again=True)
    assert manifest.full is not None
    assert (manifest.full.began_at, manifest.full.first_seq) == (NOON, 5)

    manifest.conclude(proof())
    assert manifest.full is None
    assert not manifest.begin_full_refresh(LATER)
    assert manifest.begin_full_refresh(LATER, again=True)


@pytest.mark.parametrize(
    ("manifest", "claimed"),
    [
        (Manifest("10", "P", unread=[unread()]), proof()),
        (Manifest("10", "P", unidentified=1), proof()),
        (Manifest("10", "P"), proof(missing=1)),
    ],
)
def test_there_is_no_proof_while_an_issue_is_missing(manifest: Manifest, claimed: Proof) -> None:
    with pytest.raises(ValueError, match="issues of project 10 are missing: that is no proof"):
        manifest.conclude(claimed)

    assert (manifest.proof, manifest.watermark) == (None, None)


def test_the_last_proof_stays_when_there_is_no_new_one() -> None:
    manifest = Manifest("10", "P")
    manifest.conclude(proof())
    manifest.conclude(Unproved(LATER, "Jira counts 9"))

    assert (manifest.proof, manifest.watermark) == (proof(), LATER)
    assert manifest.unproved == Unproved(LATER, "Jira counts 9")

    manifest.conclude(proof(LATER))

    assert manifest.proof == proof(LATER)
    assert not manifest.unproved


def test_a_suspected_deletion_keeps_when_it_was_first_noticed_until_a_read_ends() -> None:
    manifest = Manifest("10", "P")
    manifest.suspect_deletion(NOON, 30)
    manifest.suspect_deletion(LATER, 40)

    assert manifest.disappearance is not None
    assert (manifest.disappearance.noticed_at, manifest.disappearance.issues) == (NOON, 30)

    manifest.conclude(proof(LATER))

    assert manifest.disappearance is None


def test_issues_without_an_id_are_counted_as_in_the_list_that_had_most() -> None:
    manifest = Manifest("10", "P")
    manifest.note_unidentified(3)
    manifest.note_unidentified(2)
    assert manifest.unidentified == 3

    manifest.begin_complete_list()
    assert manifest.unidentified == 0


def test_an_unread_issue_keeps_when_that_was_first_seen() -> None:
    manifest = Manifest("10", "P", unread=[unread()])
    manifest.keep_unread({"7": unread(since=LATER), "8": unread("8", since=LATER)}, listed=())

    assert {issue.jira_id: issue.since for issue in manifest.unread} == {"7": NOON, "8": LATER}


def test_an_issue_that_jira_left_out_twice_and_lists_no_more_is_gone() -> None:
    left_out = unread(is_left_out=True)
    manifest = Manifest("10", "P")

    manifest.keep_unread({"7": left_out}, listed=())
    assert manifest.unread == [left_out]
    manifest.keep_unread({"7": left_out}, listed={"7"})
    assert manifest.unread == [left_out]
    manifest.keep_unread({"7": left_out}, listed=())
    assert manifest.unread == []


def test_dropped_tables_are_in_the_manifest_no_more() -> None:
    manifest = Manifest("10", "P")
    manifest.set_derived("issues", Derived("x", {}))
    manifest.set_derived("people", Derived("y", {}))
    manifest.set_derived("issues", Derived("z", {}))
    assert {name: group.fingerprint for name, group in manifest.derived.items()} == {
        "issues": "z",
        "people": "y",
    }

    manifest.drop_derived(["issues", "unknown"])
    assert list(manifest.derived) == ["people"]


@pytest.mark.parametrize(
    ("dropped", "pull_requests", "projects"),
    [
        ({"pull_requests"}, "", ["10"]),
        ({"versions"}, "p", []),
        ({"versions", "pull_requests"}, "", []),
    ],
)
def test_what_was_read_along_with_a_dropped_table_is_read_again(
    dropped: set[str], pull_requests: str, projects: list[str]
) -> None:
    site = SiteManifest()
    for name in ("users", "versions"):
        site.set_table(name, TABLE)
    site.set_pull_requests(TABLE, "p")
    site.set_project("10", ProjectDetails(NOON))
    site.note_matched("m")
    site.drop_tables(dropped)

    assert set(site.tables) == {"users", "versions", "pull_requests"} - dropped
    assert (site.pull_requests_read_from, list(site.projects)) == (pull_requests, projects)
    assert site.people_matched_from == ""


def test_pull_requests_that_are_given_up_leave_no_table() -> None:
    site = SiteManifest()
    site.set_pull_requests(TABLE, "p")
    site.set_pull_requests(None, "")

    assert (site.tables, site.pull_requests_read_from) == ({}, "")


def test_the_site_says_whether_decisions_and_notices_are_news() -> None:
    site = SiteManifest()
    assert [site.note_followed(decisions) for decisions in ("a", "a", "b")] == [True, False, True]

    first, again = (Notice("people", "forbidden", "", since) for since in (NOON, LATER))
    assert [site.renew_notices([("people", None)], [each]) for each in (first, again)] == [True, False]
    assert site.notices == [first]
    assert site.renew_notices([("people", None)], [])
    assert site.notices == []


FIELDS = {*Manifest.__struct_fields__, *SiteManifest.__struct_fields__}
TYPES = {"Manifest", "SiteManifest"}
SOURCES = {*TYPES, "manifest", "readable_manifest", "site_manifest", "rebuild_manifest"}
CHANGES = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "update", "setdefault", "popitem"}


def _last_name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _manifests(tree: ast.AST) -> set[str]:
    """Name what holds a manifest in a module: by its type, by where it comes from, or as it is called."""
    found = {"manifest", "_manifest", "site_manifest"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            named = {_last_name(each) for each in ast.walk(node.annotation) if isinstance(each, ast.expr)}
            found |= {node.arg} if named & TYPES else set()
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(value, ast.Call) and _last_name(value.func) in SOURCES:
            found |= {_last_name(target) for target in node.targets}
    return found


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _targets(node: ast.AST) -> list[ast.expr]:
    """Return what a statement or a call changes."""
    if isinstance(node, ast.Assign | ast.Delete):
        return list(node.targets)
    if isinstance(node, ast.AugAssign | ast.AnnAssign):
        return [node.target]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        return [node.func.value]
    if isinstance(node, ast.Call) and _last_name(node.func) in {"setattr", "force_setattr"}:
        return [ast.Attribute(node.args[0], _text(node.args[1]))]
    return []


def changes_of_manifests(source: str) -> Iterator[int]:
    """Yield the lines in which a module changes a manifest otherwise than by its methods."""
    if "manifest" not in source.lower():
        return  # it cannot name one
    tree = ast.parse(source)
    manifests = _manifests(tree)
    for node in ast.walk(tree):
        for target in _targets(node):
            while isinstance(target, ast.Subscript):
                target = target.value
            is_field = isinstance(target, ast.Attribute) and target.attr in FIELDS
            if isinstance(target, ast.Attribute) and is_field and _last_name(target.value) in manifests:
                yield getattr(node, "lineno", 0)


def test_nothing_changes_a_manifest_but_its_methods() -> None:
    product = Path(jira_assets.__file__).parent
    found = [
        f"{path.relative_to(product)}:{line}"
        for path in sorted(product.rglob("*.py"))
        for line in changes_of_manifests(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "manifest.watermark = at",
        "self._manifest.raw.append(file)",
        "del manifest.derived[name]",
        "manifest.next_seq += 1",
        "site = lake.site_manifest()\nsite.tables['users'] = table",
        "def end(found: Manifest | None) -> None:\n    found.full = None",
        "one = Manifest('10', 'P')\none.paused = one.full = None",
        "setattr(manifest, 'proof', None)",
    ],
)
def test_every_way_to_change_a_manifest_is_found(source: str) -> None:
    assert list(changes_of_manifests(source))
