"""A group that imports a command only when it is run, and turns errors into words and exit codes."""

from __future__ import annotations

import difflib
import errno
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click

from jira_assets.cli.interrupts import query_interrupts
from jira_assets.errors import JiraAssetsError, UnsupportedPlatform
from jira_assets.resource_limits import as_resource_exhausted

_REFUSALS = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
}
"""What the operating system says of a path that this user cannot use as a command needs it."""

NEW_OBJECTS = 50_000
"""After so many new objects Python looks for cycles. Imports make hundreds of thousands of objects and almost
no cycle: by the usual 700 the search costs a sixth of the start of a command."""


class LazyGroup(click.Group):
    """A group whose commands are named as `package.module:attribute`, each with its line of help.

    `elsewhere` names what people type for a command that is called otherwise.
    """

    def __init__(
        self,
        *args: Any,
        commands_at: Mapping[str, tuple[str, str]],
        elsewhere: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._elsewhere = elsewhere or {}
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands without importing them."""
        return sorted(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._commands_at:
            return None
        module, attribute = self._commands_at[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was requested, or the one that was probably meant."""
        if args[0] in self._elsewhere:
            ctx.fail(f"There is no command {args[0]!r}. Use: {ctx.command_path} {self._elsewhere[args[0]]}")
        close = difflib.get_close_matches(args[0], self._commands_at, n=1)
        if args[0] not in self._commands_at and close:
            ctx.fail(f"There is no command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._commands_at[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report what goes wrong in words, or by a traceback if JIRA_ASSETS_DEBUG is set."""
        gc.set_threshold(NEW_OBJECTS)
        if os.environ.get("JIRA_ASSETS_DEBUG"):
            return super().invoke(ctx)
        try:
            _refuse_windows()
            with query_interrupts():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise  # click knows what to do with these
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(130)
        except JiraAssetsError as error:
            raise ReportedError(error.reason, error.instruction, error.exit_code) from error
        except Exception as error:
            if full := as_resource_exhausted(error, _home(ctx)):
                raise ReportedError(full.reason, full.instruction, full.exit_code) from error
            if refused := _refused_path(error):
                raise refused from error
            reason = f"{type(error).__name__}: {error}"
            raise ReportedError(
                reason, "This is a bug. JIRA_ASSETS_DEBUG=1 shows the traceback.", 1
            ) from error


def _refuse_windows() -> None:
    """Stop before a command imports what Windows does not have."""
    if sys.platform == "win32":
        raise UnsupportedPlatform(
            "Windows is not supported: it lacks the file locks that separate concurrent syncs.",
            "Run jira-assets on Linux or macOS, or in WSL 2 with the home on a WSL disk.",
        )


def _home(ctx: click.Context) -> Path | None:
    """Name the home, where it is known by now."""
    try:
        return ctx.obj.settings.home if ctx.obj else None
    except Exception:  # what is reported is another error
        return None


def _refused_path(error: Exception) -> ReportedError | None:
    """Name the path that the operating system refuses; None for any other error."""
    if not isinstance(error, OSError) or error.errno not in _REFUSALS or error.filename is None:
        return None
    return ReportedError(
        f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}.",
        "Check the permissions of this path and of the folders above it, or select another home with --home "
        "or JIRA_ASSETS_HOME.",
        1,
    )


class ReportedError(click.ClickException):
    """An error as a person reads it: what happened, and on the next line what to do."""

    def __init__(self, reason: str, instruction: str, exit_code: int) -> None:
        super().__init__(reason)
        self.instruction = instruction
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it for the class, and reads it here

    def show(self, file: IO[Any] | None = None) -> None:
        """Write to stderr; also with --quiet."""
        click.echo(f"Error: {self.message}", err=True)
        if self.instruction:
            click.echo(self.instruction, err=True)
