"""Times keep their instant whatever offset they are printed with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.jira.timestamps import epoch_ms, parse_time

INSTANT = datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC)
moments = st.datetimes(
    min_value=datetime(1995, 1, 1),  # noqa: DTZ001  # hypothesis wants naive bounds
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001  # the same
    timezones=st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)


@pytest.mark.parametrize(
    "printed",
    [
        "2026-09-27T10:03:11.123+0200",
        "2026-09-27T10:03:11.123+02:00",
        "2026-09-27T08:03:11.123Z",
        "2026-09-27T13:48:11.123+0545",
        1790496191123,
        1790496191.123,
        "1790496191123",
    ],
)
def test_every_form_that_jira_prints_is_read(printed: str | float) -> None:
    moment = parse_time(printed)
    assert moment is not None
    assert abs(moment - INSTANT) < timedelta(microseconds=2)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("2026-03-26T16:00Z", "2026-03-26T16:00:00+00:00"),
        ("2026-09-27T10:03:11+0200", "2026-09-27T08:03:11+00:00"),
        ("2026-09-27", "2026-09-27T00:00:00+00:00"),
        (1492070429, "2017-04-13T08:00:29+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_less_exact_forms_are_read_too(printed: str | int, iso: str) -> None:
    moment = parse_time(printed)
    assert moment is not None
    assert moment.isoformat() == iso


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "yesterday",
        "2026-13-01",
        "<null>",
        "12022-03-01T09:00:00.000Z",
        "+12022-03-01T09:00:00.000Z",
        "-0044-03-15T00:00:00Z",
        "9999-12-31T23:59:59.999-1200",
        "0001-01-01T00:00:00+1400",
        "999999999999999999999999",
        1e30,
        float("nan"),
        float("-inf"),
        10**400,
        True,
        None,
        [],
        {"iso8601": "2026-01-01"},
    ],
)
def test_what_no_calendar_holds_is_none(printed: object) -> None:
    assert parse_time(printed) is None


def test_the_last_year_of_the_calendar_is_a_time() -> None:
    assert parse_time("9999-12-31T23:59:59.999Z") == datetime(9999, 12, 31, 23, 59, 59, 999000, UTC)


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"-?\d{4,6}-\d\d-\d\dT\d\d:\d\dZ?"))
def test_reading_a_time_never_raises(printed: object) -> None:
    moment = parse_time(printed)
    assert moment is None or moment.tzinfo is UTC


@given(moments)
def test_a_printed_time_comes_back_as_the_same_instant(moment: datetime) -> None:
    printed = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"
    assert parse_time(printed) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(moments)
def test_epoch_milliseconds_never_lie_after_the_time(moment: datetime) -> None:
    back = parse_time(epoch_ms(moment))
    assert back is not None
    assert back <= moment < back + timedelta(milliseconds=1)
