"""Story points and sprints are found whatever the site calls them, and never guessed when someone chose."""

from __future__ import annotations

from jira_assets.jira.models import Field, FieldSchema, Ref, Scope
from jira_assets.lake.manifest import FieldMapping
from jira_assets.sync.field_discovery import (
    NUMBER_TYPE,
    SPRINT_TYPE,
    TEAM_MANAGED_POINTS_TYPE,
    TEAM_TYPES,
    FieldChoice,
    choose_fields,
)


def field(number: int, name: str, custom: str, project: str | None = None) -> Field:
    """A custom field."""
    scope = Scope(project=Ref(id=project)) if project else None
    schema = FieldSchema(type="number", custom=custom)
    return Field(id=f"customfield_{number}", name=name, custom=True, schema=schema, scope=scope)


CLASSIC = field(10004, "Story Points", NUMBER_TYPE)
DUPLICATE = field(10077, "story  points", NUMBER_TYPE)
TEAM_MANAGED = field(10016, "Schätzung", TEAM_MANAGED_POINTS_TYPE)
OF_ANOTHER_PROJECT = field(10090, "Story point estimate", TEAM_MANAGED_POINTS_TYPE, project="99")
EFFORT = field(10050, "Effort", NUMBER_TYPE)
TEXT = field(10060, "Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:textfield")
SPRINT = field(10020, "Sprint", SPRINT_TYPE)


def choose(
    *fields: Field,
    team_managed: bool = False,
    boards: tuple[str, ...] = (),
    values: dict[str, int] | None = None,
    by_hand: FieldChoice | None = None,
) -> FieldMapping:
    """Choose for project 10."""
    return choose_fields(
        fields,
        "10",
        is_team_managed=team_managed,
        estimated_with=boards,
        values=lambda: values or {},
        by_hand=by_hand or FieldChoice(),
    )


def test_the_only_candidate_is_taken() -> None:
    mapping = choose(CLASSIC, EFFORT, SPRINT)

    assert mapping.story_points_field == CLASSIC.id
    assert mapping.chosen_by == "only candidate"


def test_the_field_a_board_estimates_with_wins_whatever_its_name() -> None:
    mapping = choose(CLASSIC, TEAM_MANAGED, EFFORT, boards=(EFFORT.id,), values={CLASSIC.id: 500})

    assert mapping.story_points_field == EFFORT.id
    assert mapping.chosen_by == "board estimation"


def test_a_team_managed_project_takes_the_field_of_its_kind() -> None:
    mapping = choose(CLASSIC, TEAM_MANAGED, team_managed=True, values={CLASSIC.id: 500})

    assert mapping.story_points_field == TEAM_MANAGED.id


def test_else_the_candidate_with_most_values_is_taken() -> None:
    mapping = choose(CLASSIC, DUPLICATE, TEAM_MANAGED, values={DUPLICATE.id: 7, TEAM_MANAGED.id: 3})

    assert mapping.story_points_field == DUPLICATE.id
    assert mapping.chosen_by == "most values"
    assert mapping.candidates == (CLASSIC.id, TEAM_MANAGED.id, DUPLICATE.id)


def test_a_text_field_of_the_same_name_is_no_candidate() -> None:
    assert choose(TEXT).story_points_field is None


def test_a_field_of_another_project_is_no_candidate() -> None:
    assert choose(OF_ANOTHER_PROJECT, team_managed=True).candidates == ()


def test_what_was_set_by_hand_wins_over_everything() -> None:
    mapping = choose(
        CLASSIC, EFFORT, boards=(CLASSIC.id,), by_hand=FieldChoice("customfield_1", "customfield_2")
    )

    assert mapping.story_points_field == "customfield_1"
    assert mapping.sprint_field == "customfield_2"
    assert mapping.chosen_by == "set by hand"


def test_the_sprint_field_is_found_by_its_type() -> None:
    assert choose(field(10333, "Итерация", SPRINT_TYPE)).sprint_field == "customfield_10333"


def test_team_fields_are_found_by_their_types_the_newer_one_first() -> None:
    newer, older, _ = TEAM_TYPES
    fields = (
        field(10500, "Mannschaft", older),
        field(10600, "Team", newer),
        field(10700, "Team", NUMBER_TYPE),
    )

    assert choose(*fields).team_fields == ("customfield_10600", "customfield_10500")
    assert choose(SPRINT).team_fields == ()


def test_a_team_field_of_the_project_comes_before_those_of_the_site() -> None:
    newer, older, _ = TEAM_TYPES
    own, foreign = field(10800, "Team", older, project="10"), field(10900, "Team", newer, project="99")

    assert choose(field(10600, "Team", newer), own, foreign).team_fields == (own.id, "customfield_10600")


def test_a_team_field_that_was_set_by_hand_is_the_only_one() -> None:
    by_hand = FieldChoice(team_field="customfield_5")

    assert choose(field(10600, "Team", TEAM_TYPES[0]), by_hand=by_hand).team_fields == ("customfield_5",)
