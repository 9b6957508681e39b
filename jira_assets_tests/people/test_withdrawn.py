"""Names and addresses that people withdrew in Jira: shown no more, and matches stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, server_error
from jira_assets.state import TeamMember
from jira_assets_tests.harness import Rig, open_rig

DATA = generate_site(7, projects=2, issues=30, now_ms=1_795_435_200_000)
ADDRESS = "ines.withdrawn@acme.example"
NAME = "Ines Withdrawn"
LIST = "/rest/api/3/users/search"
BY_ID = "/rest/api/3/user/bulk"
FORBIDDEN = '{"errorMessages":["You do not have permission."],"errors":{}}'


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Somebody who shows their address does some work, and is matched by it."""
    with open_rig(tmp_path / "home", deepcopy(DATA)) as rig:
        rig.site.add_user("ines", NAME, ADDRESS)
        for project in rig.site.catalog.projects.values():
            rig.site.create_issue(project.key, assignee="ines")
        rig.track()
        rig.bench.state.replace_team([TeamMember("m1", "I. W.", ADDRESS)])
        rig.sync()
        assert shown(rig) == (NAME, ADDRESS)
        assert match(rig) == {("m1", "email")}
        yield rig


def shown(rig: Rig) -> tuple[str, str | None]:
    (row,) = rig.ask("select display_name, email from jira_users where account_id = 'ines'")
    return row[0], row[1]


def match(rig: Rig) -> set[tuple[str, str]]:
    query = "select member_id, matched_by from jira_user_matches where account_id = 'ines'"
    return {(row[0], row[1]) for row in rig.ask(query)}


def a_day_later(rig: Rig) -> None:
    """Let a day pass, and change an issue of somebody else, so that the projects are derived again."""
    rig.site.clock.advance(timedelta(days=1))
    for project in rig.tracked:
        first = next(i for i in rig.site.issues_truth(project.project_key).values() if i.assignee != "ines")
        rig.site.edit_issue(first.key, summary=f"changed at {rig.site.clock.now()}")
    rig.sync()


def derived_text(rig: Rig) -> str:
    """All that the present tables about people hold."""
    lake = rig.bench.lake
    files = [
        lake.path(file.path)
        for manifest in lake.manifests()
        for table in ("people_seen", "jira_user_matches", "jira_unmatched_users")
        if (file := manifest.derived_file(table))
    ]
    files.append(lake.path(lake.site_manifest().tables["users"].path))
    with duckdb.connect() as engine:
        return str([engine.execute(f"from read_parquet('{file}')").fetchall() for file in files])


@pytest.mark.parametrize("form", ["absent", "null", "empty"])
def test_an_address_that_is_hidden_is_shown_no_more_and_its_match_stands(rig: Rig, form: str) -> None:
    rig.site.switches.hidden_email = form  # type: ignore[assignment]
    rig.site.hide_email("ines")

    a_day_later(rig)

    assert shown(rig) == (NAME, None)
    assert match(rig) == {("m1", "email")}
    assert (
        rig.ask("select email from jira_user_matches where account_id = 'ines' and email is not null") == []
    )
    assert ADDRESS not in derived_text(rig)
    a_day_later(rig)
    assert shown(rig) == (NAME, None)
    assert ADDRESS not in derived_text(rig)


def test_who_deletes_the_account_leaves_neither_name_nor_address(rig: Rig) -> None:
    rig.site.forget_user("ines")

    a_day_later(rig)

    assert shown(rig) == ("Former user", None)
    assert ADDRESS not in derived_text(rig)
    assert NAME not in derived_text(rig)


def test_who_is_deactivated_is_shown_as_jira_shows_them(rig: Rig) -> None:
    rig.site.deactivate_user("ines")

    a_day_later(rig)

    assert shown(rig) == (NAME, ADDRESS)
    assert rig.ask("select is_active from jira_users where account_id = 'ines'") == [(False,)]


def test_an_address_that_is_shown_again_is_shown(rig: Rig) -> None:
    rig.site.hide_email("ines")
    a_day_later(rig)
    rig.site.hide_email("ines", hidden=False)

    a_day_later(rig)

    assert shown(rig) == (NAME, ADDRESS)


def fail_list(rig: Rig) -> None:
    rig.site.faults.add(server_error(500, path=LIST))


def forbid_list_and_fail_by_id(rig: Rig) -> None:
    rig.site.faults.add(answer(403, FORBIDDEN, path=LIST), server_error(500, path=BY_ID))


def lose_account(rig: Rig) -> None:
    rig.site.catalog.users.pop("ines")


FAILURES: dict[str, Callable[[Rig], None]] = {
    "the list fails": fail_list,
    "the list is forbidden, and asking by id fails": forbid_list_and_fail_by_id,
    "the account is neither listed nor answered": lose_account,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_jira_does_not_answer_withdraws_nothing(rig: Rig, failure: str) -> None:
    if failure.startswith("the list"):
        rig.site.hide_email("ines")
    FAILURES[failure](rig)

    a_day_later(rig)

    assert shown(rig) == (NAME, ADDRESS)
    assert match(rig) == {("m1", "email")}


def test_most_people_without_names_are_an_outage_for_a_day(rig: Rig) -> None:
    for account_id in list(rig.site.catalog.users):
        rig.site.forget_user(account_id)

    a_day_later(rig)

    assert shown(rig) == (NAME, ADDRESS)
    assert any("as in an outage" in str(notice) for notice in rig.bench.notices())
    a_day_later(rig)
    assert shown(rig) == ("Former user", None)


def test_accounts_that_the_list_lacks_are_asked_for_by_id(rig: Rig) -> None:
    rig.site.switches.unlisted_users.add("ines")
    rig.site.hide_email("ines")

    a_day_later(rig)

    assert shown(rig) == (NAME, None)


def test_without_the_right_to_list_people_addresses_are_withdrawn_all_the_same(rig: Rig) -> None:
    rig.site.switches.users_forbidden = True
    rig.site.hide_email("ines")

    a_day_later(rig)

    assert shown(rig) == (NAME, None)
    assert any("Browse users" in str(notice) for notice in rig.bench.notices())


def test_what_was_withdrawn_stays_so_when_the_list_fails_later(rig: Rig) -> None:
    rig.site.hide_email("ines")
    a_day_later(rig)
    forbid_list_and_fail_by_id(rig)

    a_day_later(rig)

    assert shown(rig) == (NAME, None)
    assert ADDRESS not in derived_text(rig)
