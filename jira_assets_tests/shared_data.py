"""Find the real issues and Atlassian's documents, which are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "JIRA_ASSETS_SHARED"


def shared_data(name: str) -> Path:
    """Return a folder of the shared data; skip the test where it is missing."""
    given = os.environ.get(VARIABLE)
    folder = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / name).is_dir():
        pytest.skip(f"{folder / name} is missing: set {VARIABLE} to the folder that holds {name}/")
    return folder / name
