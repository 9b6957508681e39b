"""dlt's `rest_api` source into DuckDB, as its documentation recommends for speed: Parquet files, merge on
the id, incremental on `updated` (asked in epoch milliseconds), nested values kept as JSON.

Run in .venv-benchmarks; prints `{"seconds": ..., "issues": ...}`.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import dlt  # type: ignore[import-not-found]  # installed in .venv-benchmarks only
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]  # the same

EPOCH = "1970-01-01T00:00:00.000+0000"


def to_epoch_ms(moment: str) -> int:
    """Read a time as Jira prints it."""
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000)


def resource(name: str, jql: str, *, replace: bool) -> dict[str, Any]:
    """Describe the search for issues; every resource fills the same table."""
    since = "0" if replace else "{incremental.start_value}"
    params = {
        "jql": f"{jql} and updated >= {since} order by updated asc",
        "fields": "*all",
        "expand": "changelog",
        "maxResults": 100,
    }
    incremental = {"cursor_path": "fields.updated", "initial_value": EPOCH, "convert": to_epoch_ms}
    endpoint = {"path": "search/jql", "params": params, "data_selector": "issues"}
    endpoint |= {} if replace else {"incremental": incremental}
    return {"name": name, "table_name": "issues", "endpoint": endpoint}


def source(arguments: argparse.Namespace) -> Any:
    """Describe the site: one search over all projects, or one for each, read at the same time."""
    projects: list[str] = arguments.projects.split(",")
    if arguments.parallel:
        queries = {f"issues_{key.lower()}": f"project = {key}" for key in projects}
    else:
        queries = {"issues": f"project in ({', '.join(projects)})"}
    resources = [resource(name, jql, replace=arguments.replace) for name, jql in queries.items()]
    auth = {"type": "http_basic", "username": arguments.email, "password": arguments.token}
    paginator = {"type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "nextPageToken"}
    disposition = "replace" if arguments.replace else "merge"
    defaults = {"primary_key": "id", "write_disposition": disposition, "parallelized": arguments.parallel}
    client = {"base_url": f"{arguments.url}/rest/api/3/", "auth": auth, "paginator": paginator}
    return rest_api_source(
        {"client": client, "resource_defaults": defaults, "resources": resources},
        max_table_nesting=arguments.nesting,
    )


def main() -> None:
    """Sync once and say how long it took."""
    parser = argparse.ArgumentParser()
    for name in ("url", "email", "token", "projects", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", action="store_true")
    parser.add_argument("--replace", action="store_true", help="read everything again: deletions are seen")
    parser.add_argument("--nesting", type=int, default=0)
    arguments = parser.parse_args()
    started = time.perf_counter()
    folder = Path(arguments.folder)
    pipeline = dlt.pipeline(
        "jira",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "jira.duckdb")),
        dataset_name="site",  # a name other than the file's, which is the catalog's
    )
    pipeline.run(source(arguments), loader_file_format="parquet")
    seconds = time.perf_counter() - started
    trace = pipeline.last_trace.last_normalize_info
    counts = trace.row_counts if trace else {}
    print(json.dumps({"seconds": seconds, "issues": counts.get("issues", 0)}))


if __name__ == "__main__":
    main()
