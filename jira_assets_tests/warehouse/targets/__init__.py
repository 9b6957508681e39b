"""Tests of where tables are published besides the DuckDB file."""
