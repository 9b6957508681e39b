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


def _blocked_times(rows: Sequence[Row]) -> str:
    """Weigh the weeks by their days, as each week does its items."""
    every = {cause: [row for row in rows if row["cause"] == cause] for cause in _CAUSES}
    days = sum(row["days_in_all"] for row in every["any"])
    if not days:
        return ""
    shares = {cause: sum(row["days_blocked"] for row in found) / days for cause, found in every.items()}
    blocked = f"Blocked {share(shares.pop('any'), 1)} of the time from start to finish"
    worst = max(shares, key=lambda cause: shares[cause])
    return f"{blocked}; most by {_CAUSES[worst]}: {share(shares[worst], 1)}" if shares[worst] else blocked


def _blocked_work(rows: Sequence[Row]) -> str:
    first = rows[0]
    drawn = f"; the longest {number(len(rows))} are shown" if first["items"] > len(rows) else ""
    blocked = f"{_counted(first['items'], 'open item')} blocked, {number(first['items_started'])} started"
    return f"{blocked}; {first['jira_key']} for {_counted(first['days_blocked'], 'day')}{drawn}"


def _forecast(rows: Sequence[Row]) -> str:
    sure = next(row for row in rows if row["percent"] == 85)
    by = sure["all_finished_by"]
    finish = (
        f"all {number(sure['open_items'])} open items by {by}"
        if by
        else "the open items take longer than 180 days"
    )
    return f"With a chance of 85 %: {number(sure['items'])} items or more within four weeks; {finish}"


def _board_wip(rows: Sequence[Row]) -> str:
    today = max(row["day"] for row in rows)
    now = [row for row in rows if row["day"] == today]
    limited = [row for row in now if row["max_issues"] is not None]
    words = f"{now[0]['board_name']}: {number(sum(row['issues'] for row in now))} in these columns"
    if not limited:
        return f"{words}; none of them has a limit"
    over = sum(bool(row["is_over_limit"]) for row in limited)
    days = len({row["day"] for row in rows if row["is_over_limit"]})
    return (
        f"{words}; {number(over)} of {number(len(limited))} over the limit now, "
        f"some column on {_counted(days, 'day')} of the window"
    )


def _epics(rows: Sequence[Row]) -> str:
    words = f"{_counted(rows[0]['epics'], 'open epic')} with items"
    drawn = f"; {number(len(rows))} are shown" if rows[0]["epics"] > len(rows) else ""
    return f"{words}{drawn}; {_first_forecast(rows, 'jira_key')}"


def _versions(rows: Sequence[Row]) -> str:
    late = sum(bool(row["is_late"]) for row in rows)
    words = f"{_counted(rows[0]['versions'], 'unreleased version')} with items"
    drawn = f"; {number(len(rows))} are shown" if rows[0]["versions"] > len(rows) else ""
    if late:
        return f"{words}{drawn}; {number(late)} later than planned, with a chance of 85 %"
    return f"{words}{drawn}; {_first_forecast(rows, 'version')}"


def _first_forecast(rows: Sequence[Row], name: str) -> str:
    """Say which is delivered first, if that can be said of any."""
    rows = [row for row in rows if row["open_issues"] > 0]
    dated = [row for row in rows if row["finished_by"] is not None]
    if not rows:
        return "all their items are done"
    if dated:
        first = min(dated, key=lambda row: row["finished_by"])
        return f"{first[name]} delivered by {first['finished_by']}, with a chance of 85 %"
    if any(row["has_forecast"] for row in rows):
        return "all take longer than 180 days"
    return "too few delivered items for a forecast"


def _counted(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def _places(value: float) -> int:
    return 0 if value == int(value) else 1


_CAUSES = {"any": "any cause", "flagged": "flags", "status": "statuses", "link": "open issues"}

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
    "blocked_times": _blocked_times,
    "blocked_work": _blocked_work,
    "forecast": _forecast,
    "board_wip": _board_wip,
    "epic_forecast": _epics,
    "version_forecast": _versions,
}
