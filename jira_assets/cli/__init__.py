"""The command line: `jira-assets`."""

from jira_assets.cli.main import main

__all__ = ["main"]
