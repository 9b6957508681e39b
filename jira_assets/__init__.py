"""The issues of a Jira Cloud site in DuckDB: complete, fresh, provably so."""

__version__ = "0.1.0"
