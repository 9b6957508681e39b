"""How long to stay away is never less than Jira asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from jira_assets.jira.rate_limits import Limit, backoff, read_limit
from jira_assets.jira.response import Response

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def limit(status: int, **headers: str) -> Limit:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return read_limit(Response(status, named, b""), NOW)


@given(st.integers(1, 40))
def test_backing_off_doubles_from_two_seconds_to_thirty(attempt: int) -> None:
    middle = min(2 * 2 ** (attempt - 1), 30)
    assert middle * 0.7 <= backoff(attempt) <= middle * 1.3


@given(st.integers(0, 100_000), st.sampled_from([429, 500, 503]))
def test_retry_after_is_kept_to_the_second(seconds: int, status: int) -> None:
    assert limit(status, Retry_After=str(seconds)).seconds == seconds


@given(st.integers(-1000, 100_000), st.integers(-5000, 5000))
def test_a_date_counts_from_the_clock_of_the_server(seconds: int, skew: int) -> None:
    server = NOW + timedelta(seconds=skew)
    until = server + timedelta(seconds=seconds)
    told = limit(
        429, Date=format_datetime(server, usegmt=True), Retry_After=format_datetime(until, usegmt=True)
    )
    assert told.seconds == max(seconds, 0)


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12))
def test_no_header_is_too_strange(text: str) -> None:
    told = limit(
        429, Retry_After=text, Date=text, RateLimit=text, X_RateLimit_Reset=text, RateLimit_Reason="quota"
    )
    assert told.seconds >= 0


@pytest.mark.parametrize("text", ["-5", "nan", "inf", "soon", ""])
def test_a_retry_after_that_is_no_number_of_seconds_asks_for_nothing(text: str) -> None:
    assert limit(429, Retry_After=text).seconds == 0


@pytest.mark.parametrize("headers", [{"Retry_After": "9e99"}, {"RateLimit": '"q";r=0;t=99999999999999999'}])
def test_a_wait_beyond_all_calendars_is_still_a_wait(headers: dict[str, str]) -> None:
    told = limit(429, RateLimit_Reason="jira-quota-global-based", **headers)
    assert NOW + timedelta(seconds=told.seconds) > NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("status", "headers", "scope"),
    [
        (503, {}, "request"),
        (503, {"Retry_After": "0"}, "request"),
        (503, {"Retry_After": "5"}, "endpoint"),
        (429, {}, "request"),
        (429, {"Retry_After": "5"}, "endpoint"),
        (429, {"RateLimit_Reason": "jira-burst-based"}, "endpoint"),
        (429, {"RateLimit_Reason": "jira-cost-based", "Retry_After": "5"}, "endpoint"),
        (429, {"RateLimit_Reason": "jira-quota-tenant-based"}, "site"),
        (429, {"RateLimit_Reason": "jira-quota-global-based", "Retry_After": "5"}, "site"),
    ],
)
def test_who_stays_away_follows_from_the_reason(status: int, headers: dict[str, str], scope: str) -> None:
    assert limit(status, **headers).scope == scope


def test_of_several_limits_the_ones_used_up_count() -> None:
    header = '"a";r=10;t=3000, "b";r=0;t=60;x=1, "c";t=2000'
    assert limit(429, RateLimit_Reason="jira-quota-global-based", RateLimit=header).seconds == 60
