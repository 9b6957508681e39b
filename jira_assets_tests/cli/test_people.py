from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from jira_assets.state import ProjectRef, State, TeamMember
from jira_assets_tests.cli.conftest import Run
from jira_assets_tests.terminal import at_terminal, plain

TEAM = "member_id,display_name,email\nm1,Ana Silva,ana@acme.com\nm2,Bo Li,\n"


@pytest.fixture
def team_file(tmp_path: Path) -> Path:
    path = tmp_path / "team.csv"
    path.write_text(TEAM)
    return path


def test_a_team_is_imported_and_listed(run: Run, team_file: Path) -> None:
    result = run("team", "import", str(team_file))
    assert "2 members imported: 2 added, 0 removed." in result.stderr
    members = json.loads(run("team", "list", "--json").stdout)
    assert [(member["member_id"], member["email"]) for member in members] == [
        ("m1", "ana@acme.com"),
        ("m2", None),
    ]
    assert "Ana Silva" in run("team", "list").stdout


def test_the_teams_of_members_are_imported_and_listed(run: Run, team_file: Path) -> None:
    team_file.write_text("member_id,display_name,email,unit\nm1,Ana Silva,,Core\nm2,Bo Li,,\n")
    assert run("team", "import", str(team_file), "--team", "unit").exit_code == 0
    assert [member["team"] for member in json.loads(run("team", "list", "--json").stdout)] == ["Core", None]
    assert "Core" in run("team", "list").stdout


def test_a_broken_file_leaves_the_team_as_it_was(run: Run, team_file: Path, state: State) -> None:
    run("team", "import", str(team_file))
    team_file.write_text(TEAM + "m1,Cy,\n")
    result = run("team", "import", str(team_file))
    assert result.exit_code == 1
    assert "line 4, repeats the member_id 'm1' of line 2" in result.stderr
    assert len(state.team.members()) == 2


def test_a_decision_for_somebody_who_left_is_mentioned(run: Run, team_file: Path, state: State) -> None:
    state.team.set_override("acc", "m9")
    assert "jira-assets users reset acc" in run("team", "import", str(team_file)).stderr


def test_unmatched_accounts_are_listed_without_the_ignored(run: Run, warehouse: Path) -> None:
    result = run("users", "unmatched")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["account_id", "a3", "a1"]
    assert "Ana [admin]" in result.stdout
    assert "m1, m2, m3 (initials fit the name)" in result.stdout
    assert "2 accounts without a team member" in result.stderr


def test_unmatched_accounts_as_json_have_the_columns_of_the_table(
    run: Run, warehouse: Path, state: State
) -> None:
    state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    (account,) = json.loads(run("users", "unmatched", "pay", "--json").stdout)
    assert account == {
        "project_key": "PAY",
        "account_id": "a1",
        "display_name": "Ana [admin]",
        "email": None,
        "account_type": "atlassian",
        "reason": "display name is shared by 2 members",
        "candidates": ["m1", "m2"],
        "suggestions": ["m3"],
        "suggested_because": ["initials fit the name"],
        "issues_assigned": 3,
        "issues_reported": 1,
        "last_seen_at": "2026-11-23T12:00:00",
    }
    everyone = json.loads(run("users", "unmatched", "--all", "--json").stdout)
    assert [account["account_id"] for account in everyone] == ["a2", "a3", "a1"]
    result = run("users", "unmatched", "WEBB", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "WEBB is not tracked." in result.stderr
    assert "Did you mean WEB?" in result.stderr


ACCOUNT = "712020:2f3c9f4e-1b1c-4d2a-9e1f-444455556666"


@pytest.mark.prove
def test_ids_can_be_copied_from_a_narrow_terminal(run: Run, warehouse: Path, state: State) -> None:
    state.projects.track([ProjectRef("1", "PAY"), ProjectRef("2", "WEB")])
    state.team.replace([TeamMember("ana.silva@acme.example.com", "Ana Silva")])
    state.team.set_override(ACCOUNT, "ana.silva@acme.example.com")
    warehouse.chmod(0o644)
    with duckdb.connect(str(warehouse)) as connection:
        for table in ("jira_unmatched_users", "jira_users"):
            connection.execute(f"update {table} set account_id = ?", [ACCOUNT])
    for words in (["users", "unmatched"], ["users", "decided"], ["config"]):
        for columns in (80, 50):
            with at_terminal(*words, columns=columns) as terminal:
                assert terminal.read_to_end() == 0
            shown = plain(terminal.written)
            assert "…" not in shown.replace("members…", ""), shown
            assert words == ["config"] or shown.count(ACCOUNT) == 1, shown


def test_decisions_are_kept_and_taken_back(run: Run, state: State) -> None:
    state.team.replace([TeamMember("m1", "Ana")])
    assert run("users", "match", "a1", "m1").exit_code == 0
    assert run("users", "ignore", "a2", "a3").exit_code == 0
    assert {o.account_id: o.member_id for o in state.team.overrides()} == {"a1": "m1", "a2": None, "a3": None}
    assert "There is no decision about a9." in run("users", "reset", "a1", "a9").stderr
    assert [o.account_id for o in state.team.overrides()] == ["a2", "a3"]


def test_what_was_decided_is_listed(run: Run, state: State) -> None:
    state.team.set_override("a1", "m1")
    state.team.set_override("a2", None)
    decided = json.loads(run("users", "decided", "--json").stdout)
    assert [(each["account_id"], each["member_id"]) for each in decided] == [("a1", "m1"), ("a2", None)]
    assert "ignored" in run("users", "decided").stdout


def test_an_account_and_a_member_may_be_named_by_address_or_name(
    run: Run, warehouse: Path, state: State
) -> None:
    state.team.replace([TeamMember("m1", "Ana", "ana@acme.com")])
    assert run("users", "match", "ANA [Admin]", "Ana@acme.com").exit_code == 0
    assert run("users", "ignore", "bo@acme.com").exit_code == 0
    assert {o.account_id: o.member_id for o in state.team.overrides()} == {"a1": "m1", "a2": None}
    assert run("users", "reset", "Bo").exit_code == 0
    assert [o.account_id for o in state.team.overrides()] == ["a1"]


def test_a_name_of_two_accounts_is_not_chosen_from(run: Run, warehouse: Path, state: State) -> None:
    warehouse.chmod(0o644)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update jira_users set display_name = 'Bo' where account_id = 'a3'")
    result = run("users", "ignore", "bo")
    assert result.exit_code == 1
    assert "2 accounts are named bo: a2, a3." in result.stderr
    assert state.team.overrides() == []


def test_a_name_is_found_however_it_is_written(run: Run, warehouse: Path, state: State) -> None:
    warehouse.chmod(0o644)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update jira_users set display_name = 'Zoë  Groß' where account_id = 'a3'")
    for spelling in ("ZOE\u0308 GROSS", " zoë groß "):
        run("users", "ignore", spelling)
        assert [override.account_id for override in state.team.overrides()] == ["a3"]
        run("users", "reset", "a3")


@pytest.mark.parametrize("words", ["Build bott", "Bob", "bo2@acme.com"])
def test_a_name_that_nobody_has_is_no_account(run: Run, warehouse: Path, state: State, words: str) -> None:
    result = run("users", "ignore", words)
    assert result.exit_code == 1
    assert f"No account is named {words}." in result.stderr
    assert "Did you mean B" in result.stderr or "Did you mean b" in result.stderr
    assert state.team.overrides() == []


def test_a_member_of_an_address_that_two_share_is_not_chosen(run: Run, state: State) -> None:
    state.team.replace([TeamMember(each, each, "team@acme.com") for each in ("m1", "m2")])
    result = run("users", "match", "a1", "team@acme.com")
    assert result.exit_code == 1
    assert "2 team members are named team@acme.com: m1 (m1), m2 (m2)." in result.stderr
    assert state.team.overrides() == []


def test_a_member_is_found_by_a_name_that_only_one_has(run: Run, state: State) -> None:
    state.team.replace([TeamMember("m1", "Ana Silva"), TeamMember("m2", "Bo Li")])
    assert "a1 belongs to Bo Li (m2)." in run("users", "match", "a1", "bo  LI").stderr
    assert "Did you mean Bo Li (m2)?" in run("users", "match", "a1", "Bob Li").stderr
    assert [override.member_id for override in state.team.overrides()] == ["m2"]


def test_decisions_survive_a_new_import(run: Run, team_file: Path, state: State) -> None:
    run("team", "import", str(team_file))
    run("users", "match", "a1", "m1")
    run("users", "ignore", "a2")
    run("team", "import", str(team_file))
    assert {o.account_id: o.member_id for o in state.team.overrides()} == {"a1": "m1", "a2": None}


GITHUB = """
    select *
    from (values ('asilva', 'Ana Silva', 'ana@acme.com'), ('bli', null, null)) as members(login, name, email)
"""


def test_the_members_of_a_github_organization_are_imported(run: Run, tmp_path: Path, state: State) -> None:
    with duckdb.connect(str(tmp_path / "github.duckdb")) as connection:
        connection.execute(f"create table members as {GITHUB}")
    columns = ["--member-id", "login", "--display-name", "name"]
    result = run("team", "import", "github.duckdb#members", *columns)
    assert "2 members imported" in result.stderr
    assert [(m.member_id, m.display_name, m.email) for m in state.team.members()] == [
        ("asilva", "Ana Silva", "ana@acme.com"),
        ("bli", "bli", None),
    ]


def test_a_table_with_other_columns_says_which_flags_name_them(run: Run, tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({GITHUB}) to '{tmp_path}/members.parquet'")
    result = run("team", "import", "members.parquet")
    assert result.exit_code == 1
    assert "members.parquet lacks the columns member_id, display_name." in result.stderr
    assert "It has login, name, email." in result.stderr
    assert "--member-id login" in result.stderr


def test_an_account_that_nobody_has_is_mentioned(run: Run, warehouse: Path, state: State) -> None:
    result = run("users", "ignore", "a1", "a1-cut")
    assert "The account a1-cut has not been seen yet" in result.stderr
    assert "No account a1 was" not in result.stderr
    assert len(state.team.overrides()) == 2


def test_an_account_is_not_given_to_somebody_unknown(run: Run, state: State) -> None:
    state.team.replace([TeamMember("member-1", "Ana")])
    result = run("users", "match", "a1", "member-2")
    assert result.exit_code == 1
    assert "Did you mean Ana (member-1)?" in result.stderr
    assert state.team.overrides() == []
