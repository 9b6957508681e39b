"""Who was seen in the issues of a project, as the newest copy shows them."""

from __future__ import annotations

from typing import Any

from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen


def person(name: str | None = "Ann", **parts: Any) -> Row:
    return {"accountId": "a", "displayName": name, "emailAddress": "ann@x.org", "active": True, **parts}


def only_person(bench: LakeFixture) -> Row:
    (row,) = bench.rows("people_seen")
    return row


def test_a_person_is_counted_by_role(bench: LakeFixture) -> None:
    bench.land_and_derive(
        seen("1", {"assignee": person(), "reporter": person()}, updated=at(1)),
        seen("2", {"assignee": person()}, updated=at(3)),
        seen("3", {"creator": person()}, updated=at(2)),
    )

    row = only_person(bench)
    assert (row["issues_assigned"], row["issues_reported"]) == (2, 1)
    assert row["last_seen_at"] == at(3).replace(tzinfo=None)


def test_the_newest_copy_of_a_person_wins(bench: LakeFixture) -> None:
    bench.land([seen("1", {"assignee": person("Ann Old", timeZone="UTC")}, updated=at(9))], asked_at=at(1))
    bench.land_and_derive(seen("2", {"assignee": person("Ann New", active=False)}), asked_at=at(20))

    row = only_person(bench)
    assert (row["display_name"], row["is_active"], row["time_zone"]) == ("Ann New", False, "UTC")


def test_a_copy_without_an_address_or_a_name_withdraws_neither(bench: LakeFixture) -> None:
    bench.land([seen("1", {"assignee": person(accountType="atlassian")})], asked_at=at(1))
    without = {"accountId": "a", "displayName": "Ann"}
    bench.land([seen("2", {"assignee": without})], asked_at=at(2))
    bench.land_and_derive(seen("3", {"assignee": person(" ", emailAddress=None)}), asked_at=at(3))

    row = only_person(bench)
    assert (row["display_name"], row["email"], row["account_type"]) == ("Ann", "ann@x.org", "atlassian")


def test_a_former_user_has_neither_name_nor_address(bench: LakeFixture) -> None:
    bench.land([seen("1", {"assignee": person()})], asked_at=at(1))
    bench.land_and_derive(seen("2", {"assignee": person("Former user", emailAddress="")}), asked_at=at(2))

    row = only_person(bench)
    assert (row["display_name"], row["email"]) == ("Former user", None)


def test_what_is_no_address_is_none(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"assignee": person(emailAddress="?")}))

    assert only_person(bench)["email"] is None


def test_somebody_never_known_by_name_is_a_former_user(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"assignee": person("Former user")}))

    assert only_person(bench)["display_name"] == "Former user"


def test_who_only_changed_something_is_seen_too(bench: LakeFixture) -> None:
    change = {"id": "1", "created": "2026-01-01T00:00:00Z", "author": person("Bo"), "items": [{"field": "x"}]}
    bench.land_and_derive(seen("1", histories=[change]))

    row = only_person(bench)
    assert (row["display_name"], row["issues_assigned"], row["issues_reported"]) == ("Bo", 0, 0)


def test_the_dead_assign_nothing(bench: LakeFixture) -> None:
    bench.land([seen("1", {"assignee": person()})])
    bench.land_and_derive(seen("1", kind="gone", payload=b"null"))

    assert bench.rows("people_seen") == []
