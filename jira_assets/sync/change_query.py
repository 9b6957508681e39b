"""Ask about many projects in one question, and find those that make it fail.

Some sites answer a question that names a vanished project with 400, others silently leave it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, JiraError, SearchTokenExpired
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import IssueRef
from jira_assets.jira.timestamps import epoch_ms

PROJECTS_A_QUESTION = 1000
MOST_QUESTIONS = 30
"""Beyond these it is not a few projects that are wrong, it is the question or the site."""


@dataclass
class QueryResult:
    """What the site showed, and the projects it could not be asked about."""

    refs: list[IssueRef] = field(default_factory=list)
    set_aside: dict[str, JiraAssetsError] = field(default_factory=dict)
    questions: int = 0


def query_changes(
    client: JiraClient, ids: Sequence[str], since: datetime, called: Mapping[str, datetime]
) -> QueryResult:
    """Ask for the heads of what changed in these projects since then; each called by name since its own time.

    A project that makes the question fail is set aside and the others are asked about again. Raises the error
    when that does not help.
    """
    answer = QueryResult()
    for start in range(0, len(ids), PROJECTS_A_QUESTION):
        _ask(client, ids[start : start + PROJECTS_A_QUESTION], since, called, answer)
    return answer


def question(ids: Sequence[str], since: datetime, called: Mapping[str, datetime]) -> str:
    """Put the question in JQL."""
    common = f"project in ({', '.join(ids)}) and updated >= {epoch_ms(since)}"
    names = [
        f"project = {key} and updated >= {epoch_ms(newest)}" for key, newest in called.items() if key in ids
    ]
    return " or ".join(f"({part})" for part in (common, *names)) if names else common


def _ask(
    client: JiraClient,
    ids: Sequence[str],
    since: datetime,
    called: Mapping[str, datetime],
    answer: QueryResult,
) -> None:
    while ids:
        answer.questions += 1
        try:
            pages = client.search_refs(question(ids, since, called))
            refs = [ref for page in pages for ref in page if ref.id and ref.project_id]
        except SearchTokenExpired:
            raise
        except (BadQuery, Forbidden) as error:
            if answer.questions >= MOST_QUESTIONS:
                raise
            ids = _without_the_guilty(client, ids, since, called, answer, error)
        else:
            answer.refs += refs
            return


def _without_the_guilty(
    client: JiraClient,
    ids: Sequence[str],
    since: datetime,
    called: Mapping[str, datetime],
    answer: QueryResult,
    error: JiraError,
) -> Sequence[str]:
    """Set aside the projects that Jira names or does not list, and return the rest; else ask by halves."""
    guilty = {str(name) for name in error.facts.get("projects", ())}.intersection(ids)
    guilty = guilty or _not_listed(client, ids)
    if not guilty and len(ids) > 1:
        middle = len(ids) // 2
        _ask(client, ids[:middle], since, called, answer)
        _ask(client, ids[middle:], since, called, answer)
        return []
    for key in guilty or ids:
        answer.set_aside[key] = error
    return [key for key in ids if key not in answer.set_aside]


def _not_listed(client: JiraClient, ids: Sequence[str]) -> set[str]:
    """Return the projects that the list of projects lacks; none when it lacks all, or cannot be read."""
    try:
        listed = {project.id for project in client.fetch_projects()}
    except JiraError:
        return set()
    return set(ids) - listed if listed.intersection(ids) else set()
