"""Serve the page as a process of its own, to start several at once: `python -m jira_assets.web`."""

from __future__ import annotations

import argparse
import sys

from jira_assets.errors import JiraAssetsError
from jira_assets.settings.load import load_settings
from jira_assets.web import DEFAULT_BIND, DEFAULT_PORT
from jira_assets.web.serve import serve


def main() -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m jira_assets.web", description=__doc__)
    parser.add_argument("--bind", default=DEFAULT_BIND)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--workspace", help="Workspace file of the Dagster to serve beside the page.")
    chosen = parser.parse_args()
    try:
        serve(load_settings, bind=chosen.bind, port=chosen.port, workspace=chosen.workspace)
    except JiraAssetsError as error:
        sys.stderr.write(f"Error: {error.reason}\n{error.instruction}\n")
        return error.exit_code
    except KeyboardInterrupt:  # the server has stopped in order, and passes on what stopped it
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
