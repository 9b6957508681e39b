"""How a state of an earlier version becomes one of today's.

To change the schema: change `tables.py`, add `versions/v<number>_<what>.py` after the pattern of the last
one, and raise `SCHEMA_VERSION` in `schema.py`. Tests compare the tables that the migrations make with those
of `tables.py`. All migrations are one transaction, on SQLite and Postgres alike. None imports `tables.py`:
what that says tomorrow is not what it said when the migration was written.
"""
