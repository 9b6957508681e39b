"""The option --port of the commands that serve the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from jira_assets.web import DEFAULT_PORT


def port_option(lowest: int, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option with this help, for ports from the lowest one on."""
    return click.option(
        "--port",
        metavar="PORT",
        type=click.IntRange(lowest, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        help=text,
    )
