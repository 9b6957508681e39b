from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.errors import InputError
from jira_assets.external.team import MemberColumns, read_members
from jira_assets.state.models import TeamMember

HEADER = "member_id,display_name,email,jira_account_id\n"


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "team.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_members_are_read_with_and_without_an_account(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "m1,Ana Silva,ana@acme.com,acc-1\nm2,Bo Li,,\n")
    assert read_members(str(path)) == [
        TeamMember("m1", "Ana Silva", "ana@acme.com", "acc-1"),
        TeamMember("m2", "Bo Li", None, None),
    ]


@pytest.mark.parametrize("header", ["team", "Team", "Team Name", "SQUAD"])
def test_the_team_of_a_member_is_read_from_its_column(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, f"member_id,display_name,email,{header}\nm1,Ana,,Core\nm2,Bo,, \n")
    assert [member.team for member in read_members(str(path))] == ["Core", None]


def test_the_team_is_read_from_a_column_of_another_name(tmp_path: Path) -> None:
    path = written(tmp_path, "login,name,email,unit\nm1,Ana,,Core\n")
    columns = MemberColumns(member_id="login", display_name="name", team="unit")
    assert [member.team for member in read_members(str(path), columns)] == ["Core"]


def test_a_query_may_have_the_team_and_lack_the_account() -> None:
    query = "select 'm1' as member_id, 'Ana' as display_name, '' as email, ' Core ' as Team"
    assert read_members(query) == [TeamMember("m1", "Ana", team="Core")]


def test_the_account_column_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "member_id,display_name,email\nm1,Ana,ana@acme.com\n")
    assert read_members(str(path))[0].jira_account_id is None


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffMember ID;Display Name;E-Mail;EMAIL\r\nm1;Silva, Ana;old;ana@acme.com\r\n",
        ' EMAIL , Display_Name,role, member-id\n\nana@acme.com ,"Silva, Ana",x, m1 \n\n',
        "\ufeffLogin\tName\tE-mail\r\nm1\tSilva, Ana\tana@acme.com\r\n",
        "ID;Full name;Email address\nm1;Silva, Ana;ana@acme.com\n",
        ("Member ID\tDisplay name\tE-mail address\r\nm1\tSilva, Ana\tana@acme.com\r\n").encode("utf-16"),
    ],
)
def test_what_spreadsheets_make_of_a_file_is_understood(tmp_path: Path, text: str | bytes) -> None:
    assert read_members(str(written(tmp_path, text))) == [TeamMember("m1", "Silva, Ana", "ana@acme.com")]


def test_what_is_worth_a_look_is_told(tmp_path: Path) -> None:
    text = "id,name,role,email,\nm1,Ana,x,team@acme.com,\nm2,Bo,y,Team@acme.com,\nm3,Cy,z,,\n"
    told: list[str] = []
    assert len(read_members(str(written(tmp_path, text)), notice=told.append)) == 3
    assert told == [
        "Ignored the column role.",
        "team@acme.com is the address of 2 members (m1, m2): it matches none of them.",
    ]


def test_a_spreadsheet_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a spreadsheet"):
        read_members(str(tmp_path / "team.xlsx"))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("member_id,display_name\nm1,Ana\n", 1, "lacks the column email"),
        ("member_id,member id,display_name,email\n", 1, "contains the column member_id twice"),
        (HEADER + "m1,Ana,,\n,Bo,,\n", 3, "has no member_id"),
        (HEADER + "m1,,ana@acme.com,\n", 2, "has no display_name"),
        (HEADER + "m1,Ana,,\n\nm1,Bo,,\n", 4, "repeats the member_id 'm1' of line 2"),
        (HEADER + "m1,Ana,,acc\nm2,Bo,,acc\n", 3, "repeats the jira_account_id 'acc' of line 2"),
        (HEADER + "m1,Silva, Ana,ana@acme.com,\n", 2, "has 5 values, but the first line has 4 columns"),
        (HEADER + "m1,Ana\n", 2, "has 2 values"),
        (HEADER + "m1,Ana,Bo,\n", 2, "has 'Bo' as e-mail"),
        (HEADER + 'm1,"Ana,,\n', 2, "is not CSV"),
        (HEADER + 'm1,"Ana\nSilva",,\nm2,,,\n', 4, "has no display_name"),
        ((HEADER + "m1,Ana,,\nm2,Jos\xe9,,\n").encode("latin-1"), 3, "is not UTF-8"),
        ("Id,Member,Name,Email\nm1,m1,Ana,\n", 1, "contains the column member_id twice: Id and Member"),
    ],
)
def test_an_unusable_file_is_an_error_that_names_the_line(
    tmp_path: Path, text: str | bytes, line: int, words: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_members(str(path))
    assert f"{path}, line {line}, {words}" in caught.value.reason
    assert "Nothing was imported." in caught.value.instruction


@pytest.mark.parametrize("text", ["", "\n\n", HEADER])
def test_a_file_without_members_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"is empty|contains no member"):
        read_members(str(written(tmp_path, text)))


def test_a_missing_file_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_members(str(tmp_path / "nowhere.csv"))


@pytest.mark.parametrize(
    ("header", "missing", "option"),
    [
        ("foo,bar", "columns member_id, display_name, email", "--member-id foo"),
        ("Name,E-mail,Jira", "column member_id", "--member-id E-mail"),
        ("id,who,mail", "column display_name", "--display-name mail"),
    ],
)
def test_missing_columns_are_named_with_an_option_that_selects_one(
    tmp_path: Path, header: str, missing: str, option: str
) -> None:
    with pytest.raises(InputError, match=f"lacks the {missing}") as caught:
        read_members(str(written(tmp_path, f"{header}\n1,2,3\n")))
    assert f"such as {option}." in caught.value.instruction


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.parquet", "nowhere.duckdb#members"])
def test_a_relative_path_to_nothing_is_told_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_members(name)
    assert caught.value.instruction == f"Check the path, which is relative to {tmp_path}."


def test_a_folder_without_tables_is_not_called_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder contains no Parquet file"):
        read_members(str(tmp_path))


@given(st.binary(max_size=80))
def test_any_bytes_are_members_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = written(tmp_path_factory.getbasetemp(), HEADER.encode() + tail)
    try:
        members = read_members(str(path))
    except InputError:
        return
    assert members
    assert all(member.member_id and member.display_name for member in members)
