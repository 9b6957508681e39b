"""Statements run side by side, and never before what they read."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.warehouse.models import models, statements_before, statements_of
from jira_assets.warehouse.statement_order import run_in_order

names = st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=12)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, set[str]]:
    """Names, each with some of those before it."""
    drawn = draw(names)
    return {
        name: set(draw(st.lists(st.sampled_from(drawn[:place])) if place else st.just([])))
        for place, name in enumerate(drawn)
    }


class Recorder:
    """Notes what begins and what ends."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __call__(self, name: str) -> None:
        self.events.append(("begins", name))
        self.events.append(("ends", name))


@given(orders(), st.integers(1, 4))
def test_each_name_runs_once_and_after_those_that_it_needs(before: dict[str, set[str]], workers: int) -> None:
    recorder = Recorder()

    run_in_order(before, [recorder] * workers)

    events = recorder.events
    assert sorted(events) == sorted((what, name) for name in before for what in ("begins", "ends"))
    for name, needed in before.items():
        assert all(events.index(("ends", each)) < events.index(("begins", name)) for each in needed)


def test_one_worker_keeps_the_order_that_is_given() -> None:
    recorder = Recorder()

    run_in_order({"c": [], "a": ["c"], "b": []}, [recorder])

    assert [name for what, name in recorder.events if what == "begins"] == ["c", "a", "b"]


def test_what_does_not_depend_on_each_other_runs_at_the_same_time() -> None:
    both_run = threading.Barrier(2, timeout=30)

    def run(_: str) -> None:
        both_run.wait()

    run_in_order({"a": [], "b": []}, [run, run])

    assert not both_run.broken


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_after_an_error_nothing_begins_and_the_error_is_raised(workers: int) -> None:
    began = []

    def run(name: str) -> None:
        began.append(name)
        if name == "bad":
            raise ZeroDivisionError("cannot be made")

    with pytest.raises(ZeroDivisionError, match="cannot be made"):
        run_in_order({"bad": [], "after": ["bad"], "last": ["after"]}, [run] * workers)

    assert began == ["bad"]


def test_an_error_of_another_thread_ends_the_work_of_the_first() -> None:
    first_runs = threading.Event()

    def first(_: str) -> None:
        first_runs.set()

    def other(_: str) -> None:
        assert first_runs.wait(30)
        raise ZeroDivisionError("cannot be made")

    with pytest.raises(ZeroDivisionError, match="cannot be made"):
        run_in_order({"a": [], "b": [], "c": ["a", "b"]}, [first, other])


def test_each_model_waits_for_what_it_reads_and_for_what_prepares_it() -> None:
    chosen = statements_of(models().values())
    before = statements_before(chosen)

    places = {name: place for place, name in enumerate(chosen)}
    assert list(before) == chosen
    for name, needed in before.items():
        assert all(places[each] < places[name] for each in needed), name
    assert "intermediate/field_changes" in before["models/issue_field_spans"]
    assert "models/jira_issues" in before["intermediate/field_changes"]
    assert "models/forecast_inputs" in before["macros/forecast_days"]
    assert before["macros/forecast_days"] <= {"models/forecast_inputs"}


def test_statements_wait_only_for_those_that_are_to_run() -> None:
    assert statements_before(["models/issue_flow"]) == {"models/issue_flow": set()}
    assert list(pairwise(statements_before(["models/jira_issues", "models/issue_flow"]))) == [
        ("models/jira_issues", "models/issue_flow")
    ]
