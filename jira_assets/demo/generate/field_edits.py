"""Changes of fields that no stage of a life makes, in the forms that surprise a reader of changelogs.

Components come and go one item each, lists of options change as a whole; an option was called otherwise then,
a field was deleted since, a field has no id. It is drawn from dice of its own.
"""

from __future__ import annotations

from random import Random

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY
from jira_assets.demo.generate.changes import change
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.generate.setup import (
    DELETED_FIELD,
    PLATFORMS,
    PLATFORMS_FIELD,
    SEVERITIES,
    SEVERITY_FIELD,
)

FORMER_SEVERITY = "Trivial"
"""What the first option was called before it was renamed."""
REGROUPED, ON_PLATFORMS, JUDGED, IMPACT, NAMELESS = 0.15, 0.2, 0.5, 0.06, 0.3
"""How many issues it happens to; how many of the items have no field id."""


class FieldEdits:
    """Change fields of the issues of a site."""

    def __init__(self, dice: Random, entries: LateEntries) -> None:
        self._dice = dice
        self._entries = entries

    def add(self, issue: DemoIssue, birth: Birth) -> None:
        """Change some fields of an issue after its life, or without a trace from its creation on."""
        if birth.plan.project.style != "classic":
            return
        author = birth.plan.members[0].account_id
        issue.fields[PLATFORMS_FIELD] = None
        if birth.plan.project.components and self._dice.random() < REGROUPED:
            self._regroup(issue, birth, author)
        if self._dice.random() < ON_PLATFORMS:
            self._choose_platforms(issue, author)
        if issue.fields.get(SEVERITY_FIELD) and self._dice.random() < JUDGED:
            self._judge(issue, author)
        if self._dice.random() < IMPACT:
            item = change("Customer impact", DELETED_FIELD, None, None, "10390", "Low", "custom")
            self._write(issue, author, [item])

    def _regroup(self, issue: DemoIssue, birth: Birth, author: str) -> None:
        """Put the issue into another component: one item for each that comes or goes."""
        present = issue.fields["components"]
        known = {each["id"]: each["name"] for each in birth.plan.project.components}
        added = [each for each in known if each not in present][:1]
        gone = present[:1]
        items = [change("Component", "components", each, known[each], None, None) for each in gone]
        items += [change("Component", "components", None, None, each, known[each]) for each in added]
        if self._write(issue, author, items):
            issue.fields["components"] = [*(each for each in present if each not in gone), *added]

    def _choose_platforms(self, issue: DemoIssue, author: str) -> None:
        """Choose some options, often others later; the names in the changelog may contain its separator."""
        steps = [self._some_platforms() for _ in range(self._dice.choice([1, 2, 3]))]
        before = self._some_platforms() if self._dice.random() < 0.5 else []
        issue.fields[PLATFORMS_FIELD] = _options(before)
        for step in steps:
            ends = (*_printed(before), *_printed(step))
            item = change("Platforms", PLATFORMS_FIELD, *ends, "custom")
            if step != before and self._write(issue, author, [item]):
                issue.fields[PLATFORMS_FIELD] = _options(step)
                before = step

    def _some_platforms(self) -> list[int]:
        return [place for place in range(len(PLATFORMS)) if self._dice.random() < 0.5]

    def _judge(self, issue: DemoIssue, author: str) -> None:
        """Choose another severity; the first one was renamed since."""
        before = SEVERITIES.index(issue.fields[SEVERITY_FIELD]["value"])
        after = self._dice.choice([place for place in range(len(SEVERITIES)) if place != before])
        names = [FORMER_SEVERITY, *SEVERITIES[1:]]
        ids = [str(10_300 + place) for place in range(len(SEVERITIES))]
        item = change(
            "Severity", SEVERITY_FIELD, ids[before], names[before], ids[after], names[after], "custom"
        )
        if self._write(issue, author, [item]):
            issue.fields[SEVERITY_FIELD] = {"id": ids[after], "value": SEVERITIES[after]}

    def _write(self, issue: DemoIssue, author: str, items: list[Json]) -> bool:
        """Write items, some without the id of their field; false when that would be in the future."""
        at = self._entries.after(issue, 2 * DAY)
        if at is None or not items:
            return False
        for item in items:
            if self._dice.random() < NAMELESS:
                del item["fieldId"]
        self._entries.write(issue, at, author, items)
        return True


def _options(places: list[int]) -> list[Json] | None:
    """Print options as an issue has them."""
    return [{"value": PLATFORMS[place], "id": str(10_410 + place)} for place in places] or None


def _printed(places: list[int]) -> tuple[str, str]:
    """Print options as the changelog has them."""
    if not places:
        return "", ""
    ids = ", ".join(str(10_410 + place) for place in places)
    return f"[{ids}]", ",".join(PLATFORMS[place] for place in places)
