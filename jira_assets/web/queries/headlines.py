"""The one sentence above each chart: what to take home from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jira_assets.web.formatting import number, share

Row = Mapping[str, Any]


def headline(panel: str, rows: Sequence[Row]) -> str:
    """Say what the rows of a panel come to; nothing where there is nothing to say."""
    return _HEADLINES[panel](rows) if rows else ""


def _velocity(rows: Sequence[Row]) -> str:
    last = rows[-1]
    if last["velocity"] is None:
        return ""
    words = f"{number(last['velocity'], 1)} points a sprint"
    accuracy = last["planning_accuracy"]
    kept = f"; {share(accuracy, 1)} of the last plan completed" if accuracy is not None else ""
    unestimated = last["items_unestimated"]
    return words + kept + (f"; {_counted(unestimated, 'item')} without an estimate" if unestimated else "")


def _burndown(rows: Sequence[Row]) -> str:
    known = [row for row in rows if row["remaining"] is not None]
    if not known:
        return ""
    left, start = known[-1]["remaining"], known[0]["remaining"]
    # Scope that was added since the start counts: else more could be left than there was.
    scope = start + sum(row["scope_change"] for row in known)
    days = sum(row["remaining"] is None and row["is_working_day"] for row in rows)
    to_go = f", {_counted(days, 'working day')} left" if days else ""
    points = f"{number(left, _places(left))} points left of {number(scope, _places(scope))}"
    at_start = f" ({number(start, _places(start))} at the start)" if scope != start else ""
    return f"{rows[0]['sprint_name']}: {points}{at_start}{to_go}"


def _flow_times(rows: Sequence[Row]) -> str:
    told = [row for row in rows if row["lead_time_median"] is not None]
    if not told:
        return ""
    last = told[-1]
    cycle = last["cycle_time_median"]
    started = f"{number(cycle)} days from start, " if cycle is not None else ""
    return f"Last median: {started}{number(last['lead_time_median'])} days from creation"


def _resolution(rows: Sequence[Row]) -> str:
    created = number(sum(row["created"] for row in rows))
    resolved = number(sum(row["delivered"] + row["closed_without_work"] for row in rows))
    still_open = number(rows[-1]["open_at_end"])
    return f"{still_open} open; {created} created and {resolved} resolved in the window"


def _cycle_time(rows: Sequence[Row]) -> str:
    first = rows[0]
    drawn = f"; the newest {number(len(rows))} are shown" if first["items"] > len(rows) else ""
    if first["p85"] is None:
        return f"{_counted(first['items'], 'item')}: too few for percentiles"
    most, half = number(first["p85"]), number(first["p50"])
    return f"85 % of {number(first['items'])} items within {most} days, half within {half}{drawn}"


def _aging(rows: Sequence[Row]) -> str:
    items, late = rows[0]["items"], rows[0]["items_overdue"]
    if all(row["is_overdue"] is None for row in rows):
        marked = "; too few finished items for a comparison"
    elif late:
        marked = f"; {number(late)} older than 85 % of the finished items"
    else:
        marked = "; none unusually old"
    drawn = f"; the oldest {number(len(rows))} are shown" if items > len(rows) else ""
    return f"{number(items)} in progress{marked}{drawn}"


def _throughput(rows: Sequence[Row]) -> str:
    means = {row["period"]: row["mean_12_weeks"] for row in rows}
    return f"{number(means[max(means)], 1)} items a week, mean of the last twelve weeks"


def _cumulative_flow(rows: Sequence[Row]) -> str:
    last = rows[-1]
    return f"{number(last['in_progress'])} in progress, {number(last['to_do'])} to do"


def _status_times(rows: Sequence[Row]) -> str:
    efficiency = rows[0]["flow_efficiency_median"]
    if efficiency is None:
        return "Flow efficiency: set JIRA_ASSETS_ACTIVE_STATUSES to show it"
    return f"Flow efficiency {share(efficiency, 1)}"


def _forecast(rows: Sequence[Row]) -> str:
    sure = next(row for row in rows if row["percent"] == 85)
    by = sure["all_finished_by"]
    finish = (
        f"all {number(sure['open_items'])} open items by {by}"
        if by
        else "the open items take longer than 180 days"
    )
    return f"In 85 % of the trials: {number(sure['items'])} items or more within four weeks; {finish}"


def _counted(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def _places(value: float) -> int:
    return 0 if value == int(value) else 1


_HEADLINES: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "velocity": _velocity,
    "burndown": _burndown,
    "flow_times": _flow_times,
    "resolution_trend": _resolution,
    "cycle_time": _cycle_time,
    "aging_work": _aging,
    "throughput": _throughput,
    "cumulative_flow": _cumulative_flow,
    "status_times": _status_times,
    "forecast": _forecast,
}
