"""Dagster's UI beside the page: at one address, behind the same checks.

Dagster's webserver itself answers any host, takes GraphQL mutations by GET, and opens its websocket to every
origin. Here a request comes to it through the guards of the page, and asks nothing by GET.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/dagster"
GRAPHQL = f"{PREFIX}/graphql"
STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, MOST_CONNECTIONS = 15_000, 3_600, 20
"""What `dagster-webserver` takes, too, where Dagster's storage is a PostgreSQL."""


@contextmanager
def open_dagster(workspace: str) -> Iterator[ASGIApp]:
    """Load the code locations of a workspace file; yield Dagster's application, which answers under `PREFIX`.

    DAGSTER_HOME has to be set. Processes that Dagster starts for the code end with the block.
    """
    # Late: it takes 100 MiB, and a page without Dagster needs none of it.
    import dagster as dg
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_TIMEOUT_MS, POOL_RECYCLE_SECONDS, MOST_CONNECTIONS)
        target = WorkspaceFileTarget([workspace])
        with WorkspaceProcessContext(instance, target, version=__version__) as context:
            yield create_app_from_workspace_process_context(context, PREFIX)


def is_dagsters(scope: Scope) -> bool:
    """Return whether a request is for Dagster."""
    path: str = scope["path"]
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class BesideDagster:
    """Hand what is asked under `PREFIX` to Dagster, and everything else to the page."""

    def __init__(self, app: ASGIApp, dagster: ASGIApp) -> None:
        self._app = app
        self._dagster = dagster

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not is_dagsters(scope):
            await self._app(scope, receive, send)
        elif _runs_by_get(scope):
            refusal = PlainTextResponse("Refused: GraphQL requires POST.\n", 405, {"allow": "POST"})
            await refusal(scope, receive, send)
        else:
            await self._dagster(scope, receive, send)


def _runs_by_get(scope: Scope) -> bool:
    """Return whether Dagster would run the query of the address; for a browser's page it shows its editor."""
    if scope["type"] != "http" or scope["method"] == "POST" or scope["path"].rstrip("/") != GRAPHQL:
        return False
    return "text/html" not in Headers(scope=scope).get("accept", "")
