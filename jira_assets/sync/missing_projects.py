"""Ask about many projects in one question, and find those that make it fail.

Some sites answer a question that names a vanished project with 400, others leave it out without a word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, JiraError
from jira_assets.jira.answers import IssueHead
from jira_assets.jira.client import JiraClient
from jira_assets.jira.times import epoch_ms
from jira_assets.sync.standing import out_of_sight, standing_of

PROJECTS_A_QUESTION = 1000
MOST_QUESTIONS = 30
"""Beyond these it is not a few projects that are wrong, it is the question or the site."""


@dataclass
class Answer:
    """What the site showed, and the projects it could not be asked about."""

    heads: list[IssueHead] = field(default_factory=list)
    set_aside: dict[str, JiraAssetsError] = field(default_factory=dict)
    questions: int = 0


def ask_about(
    client: JiraClient, ids: Sequence[str], since: datetime, called: Mapping[str, datetime]
) -> Answer:
    """Ask for the heads of what changed in these projects since then; each called by name since its own time.

    A project that makes the question fail is set aside and the others are asked about again. Raises the error
    when that does not help.
    """
    answer = Answer()
    for start in range(0, len(ids), PROJECTS_A_QUESTION):
        _ask(client, ids[start : start + PROJECTS_A_QUESTION], since, called, answer)
    return answer


def look_at_project(client: JiraClient, project_id: str, project_key: str) -> JiraAssetsError | None:
    """Tell why a project of which search shows nothing is not there; None when it is."""
    try:
        standing = standing_of(client, project_id)
    except Forbidden as error:
        return error
    return None if standing == "live" else out_of_sight(project_key, standing)


def question(ids: Sequence[str], since: datetime, called: Mapping[str, datetime]) -> str:
    """Put the question in JQL."""
    common = f"project in ({', '.join(ids)}) and updated >= {epoch_ms(since)}"
    names = [
        f"project = {key} and updated >= {epoch_ms(newest)}" for key, newest in called.items() if key in ids
    ]
    return " or ".join(f"({part})" for part in (common, *names)) if names else common


def _ask(
    client: JiraClient, ids: Sequence[str], since: datetime, called: Mapping[str, datetime], answer: Answer
) -> None:
    while ids:
        answer.questions += 1
        try:
            heads = [head for page in client.search_heads(question(ids, since, called)) for head in page]
        except (BadQuery, Forbidden) as error:
            if answer.questions >= MOST_QUESTIONS:
                raise
            ids = _without_the_guilty(client, ids, since, called, answer, error)
        else:
            answer.heads += heads
            return


def _without_the_guilty(
    client: JiraClient,
    ids: Sequence[str],
    since: datetime,
    called: Mapping[str, datetime],
    answer: Answer,
    error: JiraError,
) -> Sequence[str]:
    """Set aside the projects that Jira names, and return the rest; else ask by halves to the end."""
    named = {str(name) for name in error.facts.get("projects", ())}.intersection(ids)
    if not named and len(ids) > 1:
        middle = len(ids) // 2
        _ask(client, ids[:middle], since, called, answer)
        _ask(client, ids[middle:], since, called, answer)
        return []
    for key in named or ids:
        answer.set_aside[key] = error
    return [key for key in ids if key not in answer.set_aside]
