"""Where the files of the home are."""

from __future__ import annotations

from pathlib import Path


class HomePaths:
    """The paths that follow from the home."""

    home: Path

    @property
    def lake_dir(self) -> Path:
        """The folder of the Parquet files that runs write."""
        return self.home / "lake"

    @property
    def lake_cache_dir(self) -> Path:
        """The folder of copies of files of a shared lake."""
        return self.home / "lake-cache"

    @property
    def warehouse_dir(self) -> Path:
        """The folder of the published DuckDB files."""
        return self.home / "warehouse"

    @property
    def warehouse_file(self) -> Path:
        """The link that always names the newest published DuckDB file."""
        return self.warehouse_dir / "jira.duckdb"

    @property
    def dagster_dir(self) -> Path:
        """The folder that DAGSTER_HOME points to."""
        return self.home / "dagster"

    @property
    def run_locks_dir(self) -> Path:
        """The folder of the locks that show which Dagster runs are alive."""
        return self.home / "run_locks"

    @property
    def in_flight_dir(self) -> Path:
        """The folder of the locks that limit the requests in flight, with one folder for each site."""
        return self.home / "in_flight"

    @property
    def state_path(self) -> Path:
        """The SQLite file of the state, unless `state_url` names another database."""
        return self.home / "state.db"

    @property
    def secret_key_file(self) -> Path:
        """The file of the key that encrypts credentials, unless `secret_key` is set."""
        return self.home / "secret.key"
