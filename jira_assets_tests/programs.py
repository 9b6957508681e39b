"""Programs that tests start themselves: a test that lacks one is skipped with its reason, in CI it fails."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "JIRA_ASSETS_PROGRAMS_REQUIRED"
NODE_MODULES = Path(sys.prefix) / "node" / "node_modules"
"""Where `make test` installs packages of npm."""


def lacking(what: str) -> NoReturn:
    """Skip the test; where the programs are required, as in CI, fail instead."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{what}; {REQUIRED} says that there has to be")
    pytest.skip(what)


def find_chromium() -> str:
    """Return the path of Chromium; skip the test where there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    program = next(filter(None, found), None)
    return program or lacking("there is no Chromium: as root `make test` installs it (Debian: chromium)")
