"""What the site says of its projects, while it is read: each project waits only for its own facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future

from jira_assets.errors import JiraAssetsError
from jira_assets.sync.field_discovery import SiteFacts

Answer = tuple[SiteFacts, JiraAssetsError | None]


class PendingFacts:
    """The facts of these projects; safe to use from many threads."""

    def __init__(self, project_ids: Collection[str]) -> None:
        self._answers: dict[str, Future[Answer]] = {project_id: Future() for project_id in project_ids}

    def of(self, project_id: str) -> Answer:
        """Wait for the facts of a project, and the error that Jira answers for it, if any.

        Raises what ended the reading of the site.
        """
        return self._answers[project_id].result()

    def put(self, facts: SiteFacts, project_ids: Collection[str]) -> None:
        """Set the facts of these projects, before the rest of the site is read."""
        for project_id in project_ids:
            self._answers[project_id].set_result((facts, None))

    def end(self, facts: SiteFacts, failed: Mapping[str, JiraAssetsError]) -> None:
        """Set the facts of all other projects, with the errors that Jira returned for them."""
        for project_id, answer in self._answers.items():
            if not answer.done():
                answer.set_result((facts, failed.get(project_id)))

    def fail(self, error: BaseException) -> None:
        """Raise the error in all that wait."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)
