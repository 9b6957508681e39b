"""The command line: `jira-assets`."""

from jira_assets.cli.root import main

__all__ = ["main"]
