"""The published tables as a schema of a PostgreSQL database, for BI tools."""
