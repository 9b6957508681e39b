"""What a command knows about how it was called."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from jira_assets.settings.load import Settings, load_settings

SOME_PROJECTS_FAILED = 3
"""The exit code when some projects failed and the others are done."""


@dataclass
class Invocation:
    """The options that stand before the command; `verbosity` is -1 (quiet), 0, 1 or 2."""

    home: Path | None = None
    verbosity: int = 0

    @cached_property
    def settings(self) -> Settings:
        """The settings in force, read when a command first needs them."""
        return load_settings({"home": str(self.home)} if self.home else {})

    def say(self, words: str) -> None:
        """Write a message to the user, apart from the requested data."""
        if self.verbosity >= 0:
            click.echo(words, err=True)

    def set_up_logging(self) -> None:
        """Make our own loggers write on stderr when the person wants more words."""
        if self.verbosity <= 0:
            return
        import logging  # late: only who uses it pays for it

        level = logging.INFO if self.verbosity == 1 else logging.DEBUG
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger = logging.getLogger("jira_assets")
        logger.setLevel(level)
        logger.addHandler(handler)


pass_invocation = click.make_pass_decorator(Invocation)
