"""Time on a demo site, and how it is printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from jira_assets.demo.clock import VirtualClock, agile_time, epoch_ms, jira_time, moment

AT = datetime(2026, 3, 29, 0, 59, 59, 123_000, tzinfo=UTC)
moments = st.integers(0, 4_102_444_800_000)
zones = st.sampled_from(
    ["Etc/UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Tokyo"]
).map(ZoneInfo)


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = VirtualClock(AT, frozen=True)
    assert clock.now() == clock.now() == AT
    clock.advance(timedelta(milliseconds=877))
    assert clock.now() == datetime(2026, 3, 29, 1, tzinfo=UTC)
    clock.sleep(2.5)
    assert clock.now() == datetime(2026, 3, 29, 1, 0, 2, 500_000, tzinfo=UTC)


def test_a_running_clock_keeps_its_offset() -> None:
    clock = VirtualClock(AT)
    first, second = clock.now_ms(), clock.now_ms()
    assert epoch_ms(AT) <= first <= second
    clock.freeze()
    frozen = clock.now_ms()
    assert clock.now_ms() == frozen
    clock.run()
    assert clock.now_ms() >= frozen
    clock.set(AT)
    assert clock.now() >= AT


@given(moments)
def test_milliseconds_survive_the_way_there_and_back(ms: int) -> None:
    assert epoch_ms(moment(ms)) == ms


@given(moments, zones)
@example(1_774_745_999_999, ZoneInfo("Europe/Berlin"))  # a millisecond before its clocks go forward
@example(1_774_746_000_000, ZoneInfo("Europe/Berlin"))
def test_a_printed_time_is_the_same_instant_with_an_offset_without_colon(ms: int, zone: ZoneInfo) -> None:
    text = jira_time(ms, zone)

    assert text[-5] in "+-"
    assert len(text) == 28
    assert epoch_ms(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")) == ms
    assert (
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").utcoffset()
        == moment(ms).astimezone(zone).utcoffset()
    )


def test_sprint_times_end_in_z() -> None:
    assert agile_time(epoch_ms(AT)) == "2026-03-29T00:59:59.123Z"
