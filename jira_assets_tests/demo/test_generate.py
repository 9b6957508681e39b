from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets.demo.data import DemoIssue, SiteData
from jira_assets.demo.generate.calendar import DAY, creation_times, weekday
from jira_assets.demo.generate.generate import generate_site, sample_team
from jira_assets.demo.generate.people import mail_address
from jira_assets.demo.generate.projects import issue_shares
from jira_assets.demo.generate.setup import (
    FLAGGED_FIELD,
    OLD_POINTS_FIELD,
    OLD_TEAM_FIELD,
    POINTS_FIELD,
    SPRINT_FIELD,
    TEAM_FIELD,
)
from jira_assets.demo.selection import Selection
from jira_assets.demo.site import DemoSite

NOW = 1_795_478_400_000  # 2026-11-24T00:00Z


@lru_cache(maxsize=1)
def big_site() -> SiteData:
    return generate_site(7, issues=1500, projects=5, now_ms=NOW)


small_sites = st.builds(
    generate_site,
    st.integers(0, 2**32),
    projects=st.integers(1, 9),
    issues=st.integers(0, 60),
    now_ms=st.integers(1_500_000_000_000, 2_000_000_000_000),
)
some = settings(max_examples=25, deadline=None)


def keys_of(data: SiteData) -> list[str]:
    projects = {project.id: project.key for project in data.projects}
    return [f"{projects[issue.project_id]}-{issue.number}" for issue in data.issues]


@given(small_sites)
@some
def test_ids_and_keys_are_unique(data: SiteData) -> None:
    lists: tuple[list[Any], ...] = (
        data.projects,
        data.statuses,
        data.issue_types,
        data.fields,
        data.boards,
        data.sprints,
        data.issues,
    )
    for things in lists:
        assert len({thing.id for thing in things}) == len(things)
    old = [key for issue in data.issues for key in issue.old_keys]
    names = [project.key for project in data.projects] + [k for p in data.projects for k in p.old_keys]
    entries = [history["id"] for issue in data.issues for history in issue.histories]
    for texts in (keys_of(data) + old, names, entries, [user.account_id for user in data.users]):
        assert max(Counter(texts).values(), default=1) == 1


@given(small_sites)
@some
def test_every_reference_of_an_issue_resolves_within_its_project(data: SiteData) -> None:
    boards = {board.id: board.project_id for board in data.boards}
    sprints = {sprint.id: boards[sprint.board_id] for sprint in data.sprints}
    issues = {issue.id: issue for issue in data.issues}
    people = {user.account_id for user in data.users} | {None}
    statuses = {status.id: status.project_id for status in data.statuses}
    types = {kind.id: kind for kind in data.issue_types}
    scopes = {field.id: field.scope_project_id for field in data.fields}
    projects = {project.id: project for project in data.projects}
    for issue in data.issues:
        fields, project = issue.fields, projects[issue.project_id]
        own = project.id if project.style == "next-gen" else None
        assert statuses[fields["status"]] == own
        assert types[fields["issuetype"]].project_id == own
        assert {scopes[name] for name in fields} <= {None, own}
        assert {fields["assignee"], fields["reporter"], fields["creator"]} <= people
        assert {history["author"] for history in issue.histories} <= people
        assert {sprints[sprint] for sprint in fields.get(SPRINT_FIELD) or []} <= {project.id}
        assert set(fields["components"]) <= {c["id"] for c in project.components}
        assert {*fields["fixVersions"], *fields["versions"]} <= {v["id"] for v in project.versions}
        parent = issues[fields["parent"]] if fields.get("parent") is not None else None
        if parent is not None:
            levels = [types[each.fields["issuetype"]].hierarchy_level for each in (issue, parent)]
            assert (parent.project_id, levels[1]) == (issue.project_id, levels[0] + 1)
            assert parent.created <= issue.created


@given(small_sites)
@some
def test_the_changelog_is_in_order_and_between_birth_and_last_update(data: SiteData) -> None:
    for issue in data.issues:
        times = [history["created"] for history in issue.histories]
        assert times == sorted(times)
        assert all(issue.created <= time <= issue.updated for time in times)
        assert all(history["items"] for history in issue.histories)


def items_by_field(issue: DemoIssue) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for history in issue.histories:
        for item in history["items"]:
            found[item["field"]].append(item)
    return found


def as_text(points: float | None) -> str | None:
    return None if points is None else str(points).removesuffix(".0")


def check_replay(issue: DemoIssue) -> None:
    """Every change begins where the one before ended, and the last ends at the present."""
    fields, told = issue.fields, items_by_field(issue)
    points = next(
        (item["fieldId"] for name, items in told.items() if "point" in name.lower() for item in items), None
    )
    for name, items in told.items():
        if name in ("Rank", "Key", "Fix Version", "Link"):
            continue
        side = (
            ("fromString", "toString")
            if name in ("labels", "Story Points", "Story point estimate")
            else ("from", "to")
        )
        for before, after in pairwise(items):
            assert before[side[1]] == after[side[0]], name
    ends = {name: items[-1] for name, items in told.items()}
    for name in ("status", "assignee", "priority", "resolution"):
        if name in ends:
            assert ends[name]["to"] == fields[name], name
    if "labels" in ends:
        assert ends["labels"]["toString"].split() == fields["labels"]
    if "Sprint" in ends:
        assert sorted(ends["Sprint"]["to"].split(", ")) == sorted(str(s) for s in fields[SPRINT_FIELD])
    if points is not None:
        field = next(name for name in ends if "point" in name.lower())
        assert ends[field]["toString"] == as_text(fields[points])
    if "IssueParentAssociation" in ends:
        assert ends["IssueParentAssociation"]["to"] == str(fields["parent"])
    assert [item["to"] for item in told["Fix Version"]] == fields["fixVersions"]


@given(small_sites)
@some
def test_replaying_the_changelog_ends_at_the_present_fields(data: SiteData) -> None:
    for issue in data.issues:
        check_replay(issue)


def test_the_changelogs_of_a_large_site_replay_too() -> None:
    for issue in big_site().issues:
        check_replay(issue)


@given(small_sites)
@some
def test_what_was_never_changed_still_has_its_first_value(data: SiteData) -> None:
    walks = {status.id: status.category_key for status in data.statuses}
    for issue in data.issues:
        told = items_by_field(issue)
        if "status" not in told:
            assert walks[issue.fields["status"]] == "new"
        if "Sprint" not in told:
            assert not issue.fields.get(SPRINT_FIELD)
        if "resolution" not in told:
            assert issue.fields["resolution"] is None


@given(small_sites)
@some
def test_a_resolution_has_a_date_and_its_entry_in_the_changelog_the_same(data: SiteData) -> None:
    for issue in data.issues:
        fields = issue.fields
        assert (fields["resolution"] is None) == (fields["resolutiondate"] is None)
        if fields["resolutiondate"] is not None:
            at = round(datetime.fromisoformat(fields["resolutiondate"]).timestamp() * 1000)
            entries = [
                h["created"] for h in issue.histories if any(i["field"] == "resolution" for i in h["items"])
            ]
            assert entries[-1] == at


@given(small_sites)
@some
def test_nobody_joins_a_sprint_after_it_was_closed(data: SiteData) -> None:
    sprints = {str(sprint.id): sprint for sprint in data.sprints}
    for issue in data.issues:
        for history in issue.histories:
            for item in history["items"]:
                if item["field"] == "Sprint":
                    joined = sprints[item["to"].split(", ")[-1]]
                    assert joined.complete is None or history["created"] < joined.complete


@given(small_sites)
@some
def test_each_board_that_sprints_has_one_active_sprint_and_dates_that_make_sense(data: SiteData) -> None:
    for board in data.boards:
        sprints = [sprint for sprint in data.sprints if sprint.board_id == board.id]
        states = Counter(sprint.state for sprint in sprints)
        assert states["active"] == (board.type != "kanban")
        assert states["future"] == (0 if board.type == "kanban" else 2)
        for sprint in sprints:
            assert (sprint.complete is not None) == (sprint.state == "closed")
            if sprint.start is not None and sprint.end is not None:
                assert sprint.start < (sprint.complete or sprint.end)


@given(st.integers(0, 2**32), st.integers(0, 40), st.sampled_from([None, 900]))
@settings(max_examples=10, deadline=None)
def test_the_same_seed_gives_the_same_site(seed: int, issues: int, body_bytes: int | None) -> None:
    first, second = (generate_site(seed, issues=issues, now_ms=NOW, body_bytes=body_bytes) for _ in range(2))

    assert msgspec.json.encode(first) == msgspec.json.encode(second)


def test_another_seed_gives_another_site() -> None:
    assert generate_site(1, issues=20, now_ms=NOW) != generate_site(2, issues=20, now_ms=NOW)


@given(st.integers(1, 40), st.integers(0, 5000))
def test_the_shares_of_the_projects_add_up(projects: int, issues: int) -> None:
    shares = issue_shares(projects, issues)

    assert (len(shares), sum(shares)) == (projects, issues)
    assert min(shares) >= 0


@given(small_sites)
@some
def test_everything_happened_in_the_two_years_before_now(data: SiteData) -> None:
    now = max((sprint.start or 0 for sprint in data.sprints if sprint.state == "active"), default=0)
    for issue in data.issues:
        assert issue.created <= issue.updated
        if now:  # the active sprint began at most twelve days before now
            assert issue.updated < now + 12 * DAY
            assert issue.created > now - 2 * 366 * DAY


def test_no_update_lies_in_the_future() -> None:
    assert max(issue.updated for issue in big_site().issues) < NOW


def test_people_work_on_weekdays() -> None:
    days = Counter(weekday(h["created"]) for issue in big_site().issues for h in issue.histories)

    assert 0 < days[5] + days[6] < 0.1 * sum(days.values())


def test_a_large_site_holds_the_traps_that_readers_of_jira_fall_into() -> None:
    data = big_site()
    starts = {sprint.id: sprint.start or NOW for sprint in data.sprints}
    several = [s for i in data.issues if len(s := i.fields.get(SPRINT_FIELD) or []) > 1]
    points = {issue.fields.get(POINTS_FIELD, "missing") for issue in data.issues}
    updates = Counter(issue.updated for issue in data.issues)
    categories = {status.id: status.category_key for status in data.statuses}
    names = [field.name.lower() for field in data.fields]

    assert any(sprints != sorted(sprints, key=lambda s: starts[s]) for sprints in several)
    assert points >= {0.0, 0.5, None, "missing"}
    assert max(updates.values()) > 5, "a bulk edit leaves many issues with one `updated`"
    assert any(len(issue.histories) > 40 for issue in data.issues)
    assert any(not issue.histories for issue in data.issues)
    assert any(issue.old_keys for issue in data.issues)
    assert any(issue.fields["assignee"] is None for issue in data.issues)
    assert any(issue.fields.get(OLD_POINTS_FIELD) for issue in data.issues)
    assert any(not issue.fields["summary"].isascii() for issue in data.issues)
    assert any(
        categories[i.fields["status"]] == "done" and i.fields["resolution"] is None for i in data.issues
    )
    assert names.count("story points") == 3
    assert names.count("story point estimate") == 1
    assert {"classic", "next-gen"} == {project.style for project in data.projects}
    assert {"To Do", "Done"} <= {name for name, n in Counter(s.name for s in data.statuses).items() if n > 1}


def test_the_people_of_a_site_are_as_mixed_as_on_real_sites() -> None:
    users = big_site().users
    names = Counter(user.display_name for user in users)

    assert names["Alex Kim"] == 2
    assert names["Former user"] == 2
    assert {user.account_type for user in users} == {"atlassian", "app", "customer"}
    assert {user.email_visible for user in users if user.email and user.account_type == "atlassian"} == {
        True,
        False,
    }
    assert any(not user.active for user in users)
    assert max(Counter((user.email or user.account_id).lower() for user in users).values()) == 1
    assert any(user.display_name != user.display_name.strip() for user in users)


def test_work_in_progress_and_velocity_have_something_to_show() -> None:
    data = generate_site(1, now_ms=NOW)
    categories = {status.id: status.category_key for status in data.statuses}
    present = Counter(categories[issue.fields["status"]] for issue in data.issues)
    active = {sprint.id for sprint in data.sprints if sprint.state == "active"}

    assert min(present.values()) >= 10
    assert any(active & set(issue.fields.get(SPRINT_FIELD) or []) for issue in data.issues)


@pytest.mark.parametrize("size", [200, 8000, 30000])
def test_descriptions_have_the_size_asked_for(size: int) -> None:
    data = generate_site(3, issues=30, now_ms=NOW, body_bytes=size)

    assert {len(msgspec.json.encode(issue.fields["description"])) for issue in data.issues} == {size}


def test_the_sample_team_holds_every_case_of_matching() -> None:
    data = big_site()
    team = sample_team(data)
    staff = [user for user in data.users if user.account_type == "atlassian" and user.email]
    visible = {user.email.lower() for user in staff if user.email and user.email_visible}
    by_mail = [m for m in team if (m["email"] or "").lower() in visible]
    names = Counter(user.display_name.strip() for user in staff)
    by_name = [m for m in team if m not in by_mail and names[m["display_name"] or ""] == 1]
    listed = {m["display_name"] for m in team}

    assert len(by_mail) > len(team) / 2 > len(by_name) > 0
    assert Counter(m["display_name"] for m in team)["Alex Kim"] == 2
    assert any(m["jira_account_id"] for m in team)
    assert any(m["display_name"] not in names for m in team)
    assert any(user.display_name.strip() not in listed for user in staff)
    assert len({m["member_id"] for m in team}) == len(team)
    assert 2 < len({m["team"] for m in team} - {None}) < len(team) / 2
    assert any(m["team"] is None for m in team)


@given(st.text(), st.none() | st.integers(0, 99))
def test_mail_addresses_are_plain_ascii_whatever_the_name(name: str, number: int | None) -> None:
    address = mail_address(name, number)

    assert address.isascii()
    assert address.count("@") == 1
    assert " " not in address


def test_teams_add_links_time_flags_and_teams_to_their_issues() -> None:
    data = big_site()
    issues = {str(issue.id): issue for issue in data.issues}
    links = [link.split("/") for issue in data.issues for link in issue.fields["issuelinks"]]
    ends = Counter(link_id for link_id, *_ in links)
    flags = [issue.fields.get(FLAGGED_FIELD) for issue in data.issues]
    moves = Counter(len(items_by_field(issue)["Flagged"]) for issue in data.issues)

    assert {direction for _, direction, *_ in links} == {"inward", "outward"}
    assert set(ends.values()) == {2}, "both ends of a link show it"
    assert all(other in issues for *_, other in links)
    assert any(flags)
    assert moves[1] == sum(map(bool, flags)), "who is flagged was flagged once"
    assert moves[2] > 0
    done = {status.id for status in data.statuses if status.category_key == "done"}
    left_on = {
        bool(flag) for issue, flag in zip(data.issues, flags, strict=True) if issue.fields["status"] in done
    }
    assert left_on == {False, True}, "some flags are left on issues that are done"
    assert any(issue.fields.get("timespent") for issue in data.issues)
    for issue in data.issues:
        if issue.fields.get("timespent"):
            assert items_by_field(issue)["timespent"][-1]["to"] == str(issue.fields["timespent"])
            assert items_by_field(issue)["timeestimate"][-1]["to"] == str(issue.fields["timeestimate"])


def test_issues_have_teams_in_every_form_that_sites_send() -> None:
    data = big_site()
    found = {project.id: Counter[str]() for project in data.projects}
    for issue in data.issues:
        for field_id in (TEAM_FIELD, OLD_TEAM_FIELD):
            value = issue.fields.get(field_id)
            if value is not None:
                form = "id" if isinstance(value, str) else "name" if "name" in value else "title"
                found[issue.project_id][f"{field_id} {form}"] += 1
    first, _, third, fourth, *_ = found.values()

    assert sorted(first) == [f"{TEAM_FIELD} name"]
    assert sorted(third) == [f"{OLD_TEAM_FIELD} id", f"{OLD_TEAM_FIELD} title"]
    assert not fourth


@pytest.mark.parametrize("weekday_of_now", range(7))
def test_the_last_week_looks_like_those_before(weekday_of_now: int) -> None:
    now = NOW + weekday_of_now * DAY
    births = creation_times(Random(1), 20_000, now)
    weeks = Counter((now - at) // (7 * DAY) for at in births)
    days = Counter((now - at) // DAY for at in births)

    before = sum(weeks[week] for week in range(1, 9)) / 8
    assert 0.85 * before < weeks[0] < 1.2 * before
    assert days[0] < 1.5 * max(days[day] for day in range(7, 15)), "nothing piles up before now"


def test_a_link_shows_the_other_issue_until_that_is_deleted() -> None:
    site = DemoSite(big_site())
    issue = next(each for each in big_site().issues if len(each.fields["issuelinks"]) == 1)
    other_id = issue.fields["issuelinks"][0].rpartition("/")[2]

    def links() -> list[dict[str, Any]]:
        fields = msgspec.json.decode(
            msgspec.json.encode(site.render.issue(site.issue(issue.id), Selection.of(["*all"])))
        )
        found: list[dict[str, Any]] = fields["fields"]["issuelinks"]
        return found

    (link,) = links()
    (other,) = (link[end] for end in ("inwardIssue", "outwardIssue") if end in link)
    assert other["id"] == other_id
    site.edit_issue(other_id, summary="another summary")
    assert "another summary" in str(links())
    site.delete_issue(other_id)
    assert links() == []
