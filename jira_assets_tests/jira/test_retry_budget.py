"""Questions beside the issues are asked again for a minute altogether, and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jira_assets.errors import JiraUnavailable, RateLimited
from jira_assets.jira.client import JiraClient
from jira_assets.jira.http import ATTEMPTS
from jira_assets.jira.retry_budget import EQUAL_FAILURES, MOST_GIVEN_UP, RetryBudget, bounded
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import START, Canned, ScriptedSite

CONFLICT = Canned({"errorMessages": ["The request took longer than 10 seconds."]}, 409)
LATE = timedelta(seconds=-1)


def fail(client: JiraClient, site: ScriptedSite, number: int = 1) -> int:
    """Ask for a sprint that cannot be had; returns how many requests that took."""
    before = len(site.seen)
    with pytest.raises((JiraUnavailable, RateLimited), match=r"was skipped after|No data is lost"):
        client.fetch_sprint(number)
    return len(site.seen) - before


def test_what_fails_for_good_is_given_up_after_a_minute(scripted: Ask) -> None:
    client, site = scripted(CONFLICT)

    with bounded(RetryBudget(site.clock.now)):
        asked = fail(client, site)

    assert EQUAL_FAILURES <= asked < ATTEMPTS
    assert timedelta(seconds=30) < site.clock.now() - START < timedelta(seconds=80)


def test_the_issues_are_asked_for_as_long_as_ever(scripted: Ask) -> None:
    client, site = scripted(CONFLICT)
    assert fail(client, site) == ATTEMPTS


def test_after_the_minute_a_question_gets_a_few_tries_and_its_endpoint_one_each(scripted: Ask) -> None:
    client, site = scripted(CONFLICT)

    with bounded(RetryBudget(site.clock.now, LATE)):
        assert fail(client, site, 1) == EQUAL_FAILURES
        assert [fail(client, site, number) for number in range(2, MOST_GIVEN_UP + 1)] == [1] * (
            MOST_GIVEN_UP - 1
        )
        assert fail(client, site, 99) == 0


def test_an_endpoint_that_answers_has_all_its_tries_again(scripted: Ask) -> None:
    client, site = scripted(*[CONFLICT] * EQUAL_FAILURES, Canned({"id": 2}), CONFLICT)

    with bounded(RetryBudget(site.clock.now, LATE)):
        fail(client, site, 1)
        assert client.fetch_sprint(2).id == 2
        assert fail(client, site, 3) == EQUAL_FAILURES


def test_failures_of_many_kinds_are_bad_luck_and_asked_through(scripted: Ask) -> None:
    mixed = [
        Canned({}, 409),
        Canned({}, 500),
        Canned("<html>", 200),
        Canned({}, 503),
        Canned({"id": 1}, cut=2),
    ]
    client, site = scripted(*mixed, *mixed, Canned({"id": 1}))

    with bounded(RetryBudget(site.clock.now, LATE)):
        assert client.fetch_sprint(1).id == 1


def test_an_endpoint_that_is_closed_for_an_hour_is_not_waited_for(scripted: Ask) -> None:
    client, site = scripted(Canned({}, 503, {"Retry-After": "3600"}))

    with bounded(RetryBudget(site.clock.now)):
        assert fail(client, site) == 1

    assert site.clock.now() - START < timedelta(minutes=2)


def test_a_quota_that_is_spent_is_waited_for_and_says_nothing_of_the_endpoint(scripted: Ask) -> None:
    quota = Canned({}, 429, {"RateLimit-Reason": "jira-quota-global-based", "Retry-After": "1800"})
    client, site = scripted(quota, Canned({"id": 1}))

    with bounded(RetryBudget(site.clock.now)):
        assert client.fetch_sprint(1).id == 1

    assert site.clock.now() - START >= timedelta(seconds=1800)


DOWN = Canned({"message": "down"}, 503)
LONGEST = timedelta(seconds=130)


def test_a_site_that_stays_down_is_given_up_within_two_minutes(scripted: Ask) -> None:
    client, site = scripted(DOWN)
    with pytest.raises(JiraUnavailable, match="503: down Try again later"):
        client.fetch_identity()
    assert timedelta(minutes=1) < site.clock.now() - START < LONGEST


def test_a_search_that_stays_down_is_given_up_within_two_minutes(scripted: Ask) -> None:
    client, site = scripted(DOWN)
    with pytest.raises(JiraUnavailable, match="503: down Try again later"):
        list(client.search_refs("project = 1"))
    assert timedelta(minutes=1) < site.clock.now() - START < LONGEST
