"""Serve the page from this process."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

import uvicorn
from starlette.types import ASGIApp

from jira_assets.errors import InputError, SettingsError
from jira_assets.settings.load import Settings
from jira_assets.web import DEFAULT_BIND, DEFAULT_PORT
from jira_assets.web.application import create_app
from jira_assets.web.connections import Limits, limited
from jira_assets.web.dagster_ui import open_dagster
from jira_assets.web.token_access import check_access

_M_ARENA_MAX = -8


def serve(
    load: Callable[[], Settings],
    *,
    bind: str = DEFAULT_BIND,
    port: int = DEFAULT_PORT,
    workspace: str | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until this process is stopped; `on_ready` learns its address.

    `load` reads the settings of the moment. With a `workspace` file, Dagster's UI is served beside the page.
    Raises `SettingsError` when the page would be open to the network without a token, `InputError` when the
    port is taken.
    """
    _share_one_heap()
    settings = load()
    access = check_access(bind, settings.web_token, settings.web_hosts)
    with _listen(bind, port) as listener, _dagster(workspace) as dagster:
        app = create_app(load, access, dagster, syncs_here=True)
        if on_ready:
            on_ready(f"http://{bind}:{listener.getsockname()[1]}/")
        uvicorn.Server(server_config(app, websockets=dagster is not None)).run(sockets=[listener])


def server_config(app: ASGIApp, *, websockets: bool, limits: Limits | None = None) -> uvicorn.Config:
    """Make the configuration of the server of this application."""
    return uvicorn.Config(
        app,
        http=limited(limits or Limits()),
        log_level="warning",
        access_log=False,  # addresses hold what people searched for
        server_header=False,
        proxy_headers=False,  # who asks is decided by what they show, not by what a header says
        lifespan="off",
        loop="asyncio",  # uvloop is quicker than a page for a team needs, and larger
        ws="auto" if websockets else "none",
        timeout_graceful_shutdown=3,
    )


def _dagster(workspace: str | None) -> AbstractContextManager[ASGIApp | None]:
    return open_dagster(workspace) if workspace else nullcontext()


def _share_one_heap() -> None:
    """Keep glibc from giving each thread a heap of its own, of which none is ever returned."""
    with suppress(OSError, AttributeError):  # another C library, which has no such habit
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 1)


def _listen(bind: str, port: int) -> socket.socket:
    """Take the port before anything else is started, so that a taken one is reported in words."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((bind, port))
        listener.listen(128)
    except socket.gaierror:
        listener.close()
        raise SettingsError(f"{bind} is not an address of this machine.", "Use 127.0.0.1.") from None
    except OSError as error:
        listener.close()
        raise InputError(
            f"The page cannot listen on {bind}:{port}: {error.strerror}.",
            "Stop the program that uses that port (another `jira-assets web`?), or select another "
            "port with --port.",
        ) from None
    return listener
