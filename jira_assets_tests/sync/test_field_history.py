"""What every field of every issue was at any time, as the changelogs of the site have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import msgspec
import pytest

from jira_assets.demo import clock
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.simulate.life import Life
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.harness import MONDAY_NOON, SyncHarness, open_harness
from jira_assets_tests.warehouse.field_replay import FieldKinds, replay

NOW = int(MONDAY_NOON.timestamp() * 1000)
DATA = generate_site(5, projects=4, issues=300, now_ms=NOW)
TABLES = ("issue_field_spans", "issue_block_spans", "issue_sla_cycles", "jira_history_days")
BLOCKED = ("Waiting for supplier", "In Review")

pytestmark = pytest.mark.few_tables(*TABLES, "jira_issues_daily")


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    chosen = ", ".join(BLOCKED)
    with open_harness(tmp_path_factory.mktemp("fields"), DATA, blocked_statuses=chosen) as opened:
        opened.track()
        opened.sync()
        with few_tables(*TABLES, "jira_issues_daily"):
            opened.publish()
        yield opened


def told(harness: SyncHarness) -> set[tuple[Any, ...]]:
    """Return the spans; a value that has an id is known by it."""
    rows = harness.ask(
        "select jira_id, field_id, value_id, case when value_id is null then value end, entered_at, left_at "
        "from issue_field_spans where field_id <> 'customfield_10044'"
    )
    assert len(rows) == len(set(rows))
    return set(rows)


def truth(harness: SyncHarness) -> set[tuple[Any, ...]]:
    kinds = FieldKinds.of(harness.site.catalog.fields.values())
    found = set()
    for document in harness.site.store.documents:
        issue = harness.site.issue(document)
        history = replay(issue, kinds)
        found |= {(str(issue.id), *span) for span in history.spans() if span[0] != "customfield_10044"}
        found |= set(_never_moved(issue, history, kinds))
    return found


def _never_moved(issue: Any, history: Any, kinds: FieldKinds) -> Iterator[tuple[Any, ...]]:
    """What lies in a list that changed and was not named by a change: it is there since the creation."""
    ids = {name: issue.fields.get(name) or [] for name in history.changed & {"components", "versions"}}
    ids["fixVersions"] = issue.fields["fixVersions"] if "fixVersions" in history.changed else []
    for name, present in ids.items():
        for each in present:
            if (name, each) not in history.held:
                yield str(issue.id), name, each, None, history.created, None


def test_the_spans_of_every_field_are_those_of_the_histories(harness: SyncHarness) -> None:
    assert told(harness) == truth(harness)
    assert len({field for _, field, *_ in truth(harness)}) > 15


def test_nothing_contradicts_what_the_site_shows(harness: SyncHarness) -> None:
    assert harness.ask("from issue_field_spans where contradiction is not null") == []
    not_shown = harness.ask(
        "select distinct field_id from issue_field_spans where left_at is null and not is_current"
    )
    assert not_shown == [("customfield_10044",)]


def test_values_have_the_names_of_today(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select distinct field, value_id, value from issue_field_spans "
        "where field in ('Severity', 'Platforms', 'Customer impact')"
    )
    assert sorted(rows) == [
        ("Customer impact", "10390", "Low"),
        ("Platforms", "10410", "Web"),
        ("Platforms", "10411", "iOS, iPadOS"),
        ("Platforms", "10412", "Android"),
        ("Severity", "10300", "Cosmetic"),
        ("Severity", "10301", "Annoying"),
        ("Severity", "10302", "Blocks work"),
    ]


MOMENTS = [MONDAY_NOON.replace(tzinfo=None) - timedelta(days=days) for days in (0, 1.5, 40, 300, 900)]


@pytest.mark.parametrize("moment", MOMENTS)
def test_issues_are_what_they_were_at_a_moment(harness: SyncHarness, moment: datetime) -> None:
    rows = harness.ask(
        "select jira_id, jira_key, project_id, issue_type_id, parent_id, status_id, priority_id, "
        "resolution_id, assignee_account_id, reporter_account_id, story_points, sprint_id, labels, "
        "components, fix_versions, due_date, summary, contradicted "
        f"from jira_issues_as_of(timestamp '{moment}')"
    )
    found = {row[0]: row[1:] for row in rows}
    assert len(found) == len(rows)
    wanted = {str(issue.id): then(harness, issue, moment) for issue in existing(harness, moment)}
    assert found.keys() == wanted.keys()
    assert [(found[each], wanted[each]) for each in found if found[each] != wanted[each]] == []


def existing(harness: SyncHarness, moment: datetime) -> list[Any]:
    every = [harness.site.issue(document) for document in harness.site.store.documents]
    return [issue for issue in every if clock.moment(issue.created).replace(tzinfo=None) <= moment]


def then(harness: SyncHarness, issue: Any, moment: datetime) -> tuple[Any, ...]:
    """Play the life of an issue up to a moment."""
    site = harness.site
    history, fields = replay(issue, FieldKinds.of(site.catalog.fields.values())), issue.fields
    project = site.catalog.projects[issue.project_id]
    points = site.catalog.points_field(project.id)
    estimate = history.at(points, moment, fields.get(points)) if points else None
    sprints = history.at("customfield_10020", moment, fields.get("customfield_10020") or [])
    names = {each["id"]: each["name"] for each in (*project.versions, *project.components)}
    parent = history.at("parent", moment, fields.get("parent"))
    due = fields.get("duedate")
    return (
        history.at("issuekey", moment, site.render.key(issue)),
        history.at("project", moment, str(issue.project_id)),
        history.at("issuetype", moment, fields["issuetype"]),
        parent and str(parent),
        *(history.at(each, moment, fields[each]) for each in ("status", "priority", "resolution")),
        *(history.at(each, moment, fields[each]) for each in ("assignee", "reporter")),
        None if estimate is None else float(estimate),
        sprint_of(site, {int(each) for each in sprints}, moment),
        sorted(history.at("labels", moment, fields["labels"])),
        sorted(names[each] for each in history.at("components", moment, fields["components"])),
        sorted(names[each] for each in history.at("fixVersions", moment, fields["fixVersions"])),
        due and date.fromisoformat(due),
        fields["summary"],
        [],
    )


def sprint_of(site: Any, ids: set[int], moment: datetime) -> str | None:
    """Choose the active sprint of these, else the next one, else the one that was closed last."""
    at = moment.replace(tzinfo=UTC).timestamp() * 1000
    known = [site.catalog.sprints[each] for each in ids]
    closed = [each for each in known if each.complete is not None and each.complete <= at]
    active = [each for each in known if each not in closed and each.start is not None and each.start <= at]
    coming = [each for each in known if each not in closed and each not in active]
    for some, best in ((active, -1), (coming, 0), (closed, -1)):
        if some:
            order = "complete" if some is closed else "start"
            return str(sorted(some, key=lambda each: (getattr(each, order) or 1e15, each.id))[best].id)
    return None


def test_each_day_has_the_issues_as_they_were_at_its_end(harness: SyncHarness) -> None:
    for day in harness.ask("select day, ends_at from jira_history_days where dayofyear(day) % 30 = 0"):
        columns = "columns(* exclude (day))"
        daily = harness.ask(
            f"select {columns} from jira_issues_daily where day = date '{day[0]}' order by jira_id"
        )
        assert daily == harness.ask(f"from jira_issues_as_of(timestamp '{day[1]}') order by jira_id")
        assert daily
    assert harness.ask("select count(*), max(day) from jira_history_days") == [(91, MONDAY_NOON.date())]


def test_the_macro_works_where_the_file_is_attached_under_another_name(harness: SyncHarness) -> None:
    file = harness.pipeline.settings.warehouse_file.resolve()
    with closing(duckdb.connect()) as engine:
        engine.execute(f"attach '{file}' as \"our jira\" (read_only)")
        query = "from {}jira_issues_as_of(timestamp '2026-10-01'{}) order by jira_id"
        found = engine.execute(query.format('"our jira".', ", 'our jira'")).fetchall()
        assert found == harness.ask(query.format("", ""))
        assert engine.execute('select count(*) from "our jira".jira_issues_daily').fetchall() > [(0,)]


def test_issues_are_blocked_by_flags_statuses_and_open_issues(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select jira_id, reason, blocker_jira_id, started_at, ended_at from issue_block_spans "
        "where contradiction is null"
    )
    wanted = {
        (str(issue.id), *block)
        for issue in existing(harness, MONDAY_NOON.replace(tzinfo=None))
        for block in blocks(harness, issue)
    }
    assert set(rows) == wanted
    assert len(rows) == len(wanted)
    assert {reason for _, reason, *_ in wanted} == {"flagged", "status", "link"}


def blocks(harness: SyncHarness, issue: Any) -> Iterator[tuple[Any, ...]]:
    """Find when an issue was blocked, from its history and those of the issues that blocked it."""
    kinds = FieldKinds.of(harness.site.catalog.fields.values())
    history, statuses = replay(issue, kinds), harness.site.catalog.statuses
    stays = stays_of(issue, kinds)
    flags = [span[3:] for span in history.spans() if span[0] == "customfield_10021"]
    if issue.fields.get("customfield_10021") and not flags:
        flags = [(history.created, None)]
    yield from (("flagged", None, *span) for span in flags)
    waits = [(since, until) for status, since, until in stays if statuses[status].name in BLOCKED]
    yield from (("status", None, *span) for span in merged(waits))
    for key, words, linked, unlinked in link_spans(harness, issue):
        other = harness.site.store.resolve(key)
        if words == "is blocked by" and other is not None and other.id != issue.id:
            open_times = [
                (max(linked, since), min((each for each in (unlinked, until) if each), default=None))
                for status, since, until in stays_of(other, kinds)
                if statuses[status].category_key != "done"
            ]
            times = [span for span in open_times if span[1] is None or span[0] < span[1]]
            yield from (("link", str(other.id), *span) for span in merged(times))


def stays_of(issue: Any, kinds: FieldKinds) -> list[tuple[str, Any, Any]]:
    history = replay(issue, kinds)
    found = [(str(each[1]), *each[3:]) for each in history.spans() if each[0] == "status"]
    return found or [(issue.fields["status"], history.created, None)]


def link_spans(harness: SyncHarness, issue: Any) -> Iterator[tuple[Any, ...]]:
    """Return the key, the words and both ends of each link that the history of an issue names."""
    since: dict[tuple[str, str], Any] = {}
    for entry in issue.histories:
        at = clock.moment(entry["created"]).replace(tzinfo=None)
        for item in (each for each in entry["items"] if each["field"] == "Link"):
            key = item["to"] or item["from"]
            sentence = item["toString"] or item["fromString"]
            link = (key, sentence.removeprefix("This issue ").removesuffix(f" {key}"))
            if item["to"]:
                since.setdefault(link, at)
            else:
                yield *link, since.pop(link), at
    yield from ((*link, at, None) for link, at in since.items())


def merged(spans: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Join the times that touch."""
    found: list[tuple[Any, Any]] = []
    for since, until in sorted(spans):
        if found and found[-1][1] == since:
            since = found.pop()[0]
        found.append((since, until))
    return found


def test_the_cycles_of_agreements_are_those_of_the_payloads(harness: SyncHarness) -> None:
    rows = harness.ask(
        "select jira_id, sla_name, is_ongoing, epoch_ms(started_at), epoch_ms(stopped_at), goal_ms, "
        "elapsed_ms, remaining_ms, is_breached, is_paused, as_of from issue_sla_cycles"
    )
    wanted = {
        (
            str(issue.id),
            agreement["name"],
            "paused" in cycle,
            cycle["startTime"]["epochMillis"],
            cycle.get("stopTime", {}).get("epochMillis"),
            *(cycle[each]["millis"] for each in ("goalDuration", "elapsedTime", "remainingTime")),
            cycle["breached"],
            cycle.get("paused"),
            MONDAY_NOON.replace(tzinfo=None),
        )
        for issue in DATA.issues
        for agreement in (issue.fields.get("customfield_10061"), issue.fields.get("customfield_10062"))
        if agreement and "name" in agreement
        for cycle in (*agreement["completedCycles"], *filter(None, [agreement.get("ongoingCycle")]))
    }
    assert set(rows) == wanted
    assert len(rows) == len(wanted) > 100


@pytest.mark.prove
def test_an_existing_home_gets_all_of_it_without_a_request(harness: SyncHarness) -> None:
    def contents() -> dict[str, list[str]]:
        questions = {name: f"from {name}" for name in TABLES}
        questions["then"] = "from jira_issues_as_of(timestamp '2026-09-01')"
        return {name: sorted(map(repr, harness.ask(query))) for name, query in questions.items()}

    wanted, lake = contents(), harness.pipeline.lake
    for manifest in lake.manifests():
        former = msgspec.structs.replace(
            manifest.derived["issues"], fingerprint="of an older version", files={}
        )
        manifest.set_derived("issues", former)
        with lake.lock(manifest.project_id, "test"):
            lake.commit(manifest)
    harness.pipeline.publish(force=True)
    assert [len(rows) for rows in contents().values()] == [0, 0, 0, 91, 0]
    mark = harness.site.journal.mark()
    harness.pipeline.publish_decisions()
    harness.publish()

    assert harness.site.requests_since(mark) == []
    assert contents() == wanted
    assert all(wanted.values())


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2])
def test_spans_are_right_after_people_worked(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    data = generate_site(seed, projects=3, issues=60, now_ms=NOW)
    with open_harness(tmp_path_factory.mktemp("life"), data) as harness:
        harness.track()
        harness.sync()
        life = Life(harness.site, seed)
        for _ in range(60):
            harness.site.clock.advance(timedelta(minutes=1))
            life.step()
        harness.reconcile()
        assert told(harness) == truth(harness)
        contradicted = harness.ask(
            "select distinct jira_id from issue_field_spans where contradiction is not null"
        )
        # A move to another project leaves no trace of the statuses and versions that are not known there.
        assert all(harness.site.issue(jira_id).old_keys for (jira_id,) in contradicted)
