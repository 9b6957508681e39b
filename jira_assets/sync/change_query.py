"""Ask about many projects in few questions, and find those that make a question fail.

Some sites answer a question that names a vanished project with 400, others silently leave it out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime

from jira_assets.errors import (
    BadQuery,
    Forbidden,
    JiraAssetsError,
    JiraError,
    RequestTooLarge,
    SearchTokenExpired,
)
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import IssueRef
from jira_assets.jira.timestamps import epoch_ms

PROJECTS_A_QUESTION = 1250
"""Jira documents no limit. Its search failed with 500 from "a few thousands" of operands on (JRACLOUD-84010).

With one project in twenty called by name, a question has less than 1,400 operands. With ids of eight digits
it is shorter than the 16 kB up to which a firewall of CloudFront inspects a body by default. Ten thousand
projects take eight questions.
"""
MOST_QUESTIONS = 30
"""Beyond these it is not a few projects that are wrong, it is the question or the site."""


@dataclass(frozen=True)
class ChangeQuestion:
    """What changed in some projects since a time, and in some of them, called by name, since their own."""

    ids: Sequence[str]
    since: datetime
    called: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def jql(self) -> str:
        """Put the question in JQL."""
        common = f"project in ({', '.join(self.ids)}) and updated >= {epoch_ms(self.since)}"
        names = [f"project = {key} and updated >= {epoch_ms(newest)}" for key, newest in self.called.items()]
        return " or ".join(f"({part})" for part in (common, *names)) if names else common

    def about(self, ids: Sequence[str]) -> ChangeQuestion:
        """Return the same question about some of its projects."""
        wanted = set(ids)
        return replace(
            self, ids=ids, called={key: newest for key, newest in self.called.items() if key in wanted}
        )


@dataclass(frozen=True)
class ChangedIssues:
    """The heads of all issues of a project that changed since a time, as one page listed them."""

    since: datetime
    refs: Sequence[IssueRef]


@dataclass
class QueryResult:
    """What the site showed, and the projects it could not be asked about.

    `listed` has the projects of questions that one page answered, with nothing odd in it.
    """

    refs: list[IssueRef] = field(default_factory=list)
    set_aside: dict[str, JiraAssetsError] = field(default_factory=dict)
    questions: int = 0
    listed: dict[str, ChangedIssues] = field(default_factory=dict)


def divide(ids: Sequence[str]) -> list[Sequence[str]]:
    """Divide projects into questions of one size; consecutive ids, which are called together, are spread."""
    count = -(-len(ids) // PROJECTS_A_QUESTION)
    return [ids[start::count] for start in range(count)]


def query_changes(client: JiraClient, questions: Sequence[ChangeQuestion]) -> QueryResult:
    """Ask for the heads of what changed, all questions at the same time.

    A project that makes its question fail is set aside and the others are asked about again. Raises the error
    when that does not help.
    """
    if len(questions) == 1:
        return _answer(client, questions[0])
    together = QueryResult()
    # Threads of its own: this may be a task of the pool, and those never wait for one another.
    with ThreadPoolExecutor(len(questions), "changes") as threads:
        asked = [threads.submit(copy_context().run, _answer, client, question) for question in questions]
    for answer in (each.result() for each in asked):
        together.refs += answer.refs
        together.set_aside |= answer.set_aside
        together.questions += answer.questions
        together.listed |= answer.listed
    return together


def _answer(client: JiraClient, question: ChangeQuestion) -> QueryResult:
    answer = QueryResult()
    _ask(client, question, answer)
    return answer


def _ask(client: JiraClient, question: ChangeQuestion, answer: QueryResult) -> None:
    while question.ids:
        answer.questions += 1
        try:
            pages = list(client.search_refs(question.jql))
            refs = [ref for page in pages for ref in page if ref.id and ref.project_id]
        except SearchTokenExpired:
            raise
        except (BadQuery, Forbidden, RequestTooLarge) as error:
            if answer.questions >= MOST_QUESTIONS:
                raise
            question = question.about(_without_the_guilty(client, question, answer, error))
        else:
            answer.refs += refs
            if [len(refs)] == [len(page) for page in pages]:
                answer.listed |= _by_project(question, refs)
            return


def _by_project(question: ChangeQuestion, refs: Iterable[IssueRef]) -> dict[str, ChangedIssues]:
    found: dict[str, list[IssueRef]] = defaultdict(list)
    for ref in refs:
        found[ref.project_id].append(ref)
    return {project_id: ChangedIssues(question.since, own) for project_id, own in found.items()}


def _without_the_guilty(
    client: JiraClient, question: ChangeQuestion, answer: QueryResult, error: JiraError
) -> Sequence[str]:
    """Set aside the projects that Jira names or does not list, and return the rest; else ask by halves."""
    ids = question.ids
    guilty = {str(name) for name in error.facts.get("projects", ())}.intersection(ids)
    if not guilty and not isinstance(error, RequestTooLarge):
        guilty = _not_listed(client, ids)
    if not guilty and len(ids) > 1:
        middle = len(ids) // 2
        _ask(client, question.about(ids[:middle]), answer)
        _ask(client, question.about(ids[middle:]), answer)
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
