"""Where the published tables are kept besides the DuckDB file: each target shows one publish of that file."""
