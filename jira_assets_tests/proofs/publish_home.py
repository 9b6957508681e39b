"""Derive and publish a whole home with its default settings, in a process whose memory a proof measures."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

from benchmarks.lake import NOW
from jira_assets.memory import default_memory_limit
from jira_assets.settings.load import load_settings
from jira_assets.sync.pipeline import open_pipeline


def main() -> None:
    """Publish everything as of the last day of the generated issues, and write what came out as JSON."""
    settings = load_settings(dotenv=None)
    with open_pipeline(settings) as bench:
        _, published = replace(bench, clock=lambda: NOW).publish_decisions(force=True)
    rows = published.rows if published else {}
    json.dump({"memory_limit": settings.memory_limit or default_memory_limit(), "rows": rows}, sys.stdout)


if __name__ == "__main__":
    main()
