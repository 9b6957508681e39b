"""Derive and publish a whole home with its default settings, in a process whose memory a proof measures."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

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
    limit = settings.memory_limit or default_memory_limit()
    json.dump({"memory_limit": limit, "rows": rows, "peak_mib": peak_mib()}, sys.stdout)


def peak_mib() -> float:
    """Return the most memory of this process; what its starter is told includes the starter's own."""
    status = Path("/proc/self/status")
    if status.exists():
        [peak] = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


if __name__ == "__main__":
    main()
