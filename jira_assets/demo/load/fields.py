"""Return what the fields of loaded issues are, from the values they hold."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from jira_assets.demo.data import SPRINT_SCHEMA, DemoField, DemoIssue, Json
from jira_assets.demo.generate.setup import POINTS_SCHEMA, system_fields
from jira_assets.demo.load.lines import is_sprint_list

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
FLOAT_SCHEMA = f"{_TYPES}:float"

# What these ids are on nearly every Cloud site. Where the values say otherwise, the values hold.
USUAL_SPRINT_FIELD = "customfield_10020"
USUAL_POINTS_FIELDS = {
    "customfield_10016": ("Story point estimate", POINTS_SCHEMA),
    "customfield_10034": ("Story Points", FLOAT_SCHEMA),
    "customfield_10004": ("Story Points", FLOAT_SCHEMA),
    "customfield_10028": ("Story Points", FLOAT_SCHEMA),
}
SHAPES: dict[str, Json] = {
    "sprints": {"type": "array", "items": "json", "custom": SPRINT_SCHEMA},
    "number": {"type": "number", "custom": FLOAT_SCHEMA},
    "date": {"type": "date", "custom": f"{_TYPES}:datepicker"},
    "datetime": {"type": "datetime", "custom": f"{_TYPES}:datetime"},
    "text": {"type": "string", "custom": f"{_TYPES}:textfield"},
    "document": {"type": "string", "custom": f"{_TYPES}:textarea"},
    "user": {"type": "user", "custom": f"{_TYPES}:userpicker"},
    "users": {"type": "array", "items": "user", "custom": f"{_TYPES}:multiuserpicker"},
    "option": {"type": "option", "custom": f"{_TYPES}:select"},
    "options": {"type": "array", "items": "option", "custom": f"{_TYPES}:multiselect"},
    "labels": {"type": "array", "items": "string", "custom": f"{_TYPES}:labels"},
    "anything": {"type": "any"},
}


def derive_fields(issues: Iterable[DemoIssue]) -> list[DemoField]:
    """List the fields of a site: Jira's own, and a custom field for every one the issues name."""
    shapes: dict[str, Counter[str]] = defaultdict(Counter)
    for issue in issues:
        for name, value in issue.fields.items():
            shapes[name][shape_of(value)] += 1
    own = system_fields()
    known = {field.id for field in own}
    own += [DemoField(name, name) for name in shapes if not _is_custom(name) and name not in known]
    usual = {name: _usual_shape(name, counts) for name, counts in shapes.items() if _is_custom(name)}
    points = points_field(usual, shapes)
    return own + [_custom_field(name, shape, name == points) for name, shape in sorted(usual.items())]


def points_field(shapes: dict[str, str], counts: dict[str, Counter[str]]) -> str | None:
    """Choose the story points among the number fields: a usual id with values, else the fullest one."""
    numbers = [name for name, shape in shapes.items() if shape == "number"]
    return max(
        numbers,
        key=lambda name: (name in USUAL_POINTS_FIELDS and counts[name]["number"] > 0, counts[name]["number"]),
        default=None,
    )


def shape_of(value: Any) -> str:
    """Name the shape of a value: a key of SHAPES, or "nothing"."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "anything"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return _shape_of_text(value)
    if isinstance(value, list):
        return "sprints" if is_sprint_list(value) else _shape_of_list(value[0])
    return _shape_of_object(value)


def _shape_of_text(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "date"
    return "datetime" if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text) else "text"


def _shape_of_list(first: Any) -> str:
    if isinstance(first, str):
        return "labels"
    if not isinstance(first, dict):
        return "anything"
    return {"user": "users", "option": "options"}.get(_shape_of_object(first), "anything")


def _shape_of_object(value: Json) -> str:
    if "accountId" in value:
        return "user"
    if value.get("type") == "doc":
        return "document"
    return "option" if "value" in value else "anything"


def _usual_shape(name: str, counts: Counter[str]) -> str:
    """Return the commonest shape of a field's values, or what its id promises when it has none."""
    seen = [(shape, n) for shape, n in counts.most_common() if shape != "nothing"]
    if not seen:
        if name in USUAL_POINTS_FIELDS:
            return "number"
        return "sprints" if name == USUAL_SPRINT_FIELD else "text"
    # Any value that is no date makes a field of dates a field of text.
    shapes = {shape for shape, _ in seen}
    return "text" if "text" in shapes and shapes <= {"text", "date", "datetime"} else seen[0][0]


def _custom_field(name: str, shape: str, is_points: bool) -> DemoField:
    number = name.removeprefix("customfield_")
    label, custom = f"Custom field {number}", SHAPES[shape].get("custom")
    if shape == "sprints":
        label = "Sprint"
    elif is_points:
        label, custom = USUAL_POINTS_FIELDS.get(name, ("Story Points", FLOAT_SCHEMA))
    schema: Json = SHAPES[shape] | {"custom": custom or f"{_TYPES}:readonlyfield"}
    return DemoField(name, label, schema | {"customId": int(number)})


def _is_custom(name: str) -> bool:
    return re.fullmatch(r"customfield_\d+", name) is not None
