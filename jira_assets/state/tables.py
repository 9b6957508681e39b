"""The tables of the state database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcTime(TypeDecorator[datetime]):
    """An instant: aware on both sides, whatever the database makes of time zones."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Return the type with a zone for Postgres; SQLite has none."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into what the database stores; a naive one is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value} has no time zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Return what reads a stored value: for the texts of SQLite one step, since there are so many."""
        return _read_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what PostgreSQL gives, which may be of any zone, into a time in UTC."""
        return None if value is None else value.astimezone(UTC)


def _read_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


metadata = MetaData()

alembic_version = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))

sites = Table(
    "sites",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("cloud_id", String, unique=True),
    Column("url", String),
    Column("name", String),
    Column("connected_at", UtcTime),
    Column("short_name", String),
    Column("grant_id", Integer, nullable=False, server_default="1"),
    Index("sites_short_name", "short_name", unique=True),
)

credentials = Table(
    "credentials",
    metadata,
    Column("grant_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("account_id", String, nullable=False),
    Column("display_name", String, nullable=False),
    Column("email", String),
    Column("client_id", String),
    Column("scopes", String),
    Column("through_gateway", Boolean, nullable=False),
    Column("secrets", String, nullable=False),
    Column("consented_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("consent_lost_at", UtcTime),
    Column("consent_lost_why", String),
)

tracked_projects = Table(
    "tracked_projects",
    metadata,
    Column("project_id", String, primary_key=True),
    Column("project_key", String, nullable=False),
    Column("name", String, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("story_points_field", String),
    Column("sprint_field", String),
    Column("tracked_at", UtcTime, nullable=False),
    Column("untracked_at", UtcTime),
)

sync_records = Table(
    "sync_records",
    metadata,
    Column("project_id", String, primary_key=True),
    Column("project_key", String, nullable=False),
    Column("status", String, nullable=False),
    Column("last_sync_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("watermark", UtcTime),
    Column("issues", Integer, nullable=False),
    Column("issues_synced", Integer, nullable=False),
    Column("issues_created", Integer, nullable=False),
    Column("issues_updated", Integer, nullable=False),
    Column("issues_deleted", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("last_error", String),
    Column("last_instruction", String),
    Column("proved_complete_at", UtcTime),
    Column("missing_issues", Integer),
    Column("probed_at", UtcTime),
    Column("error_kind", String),
    Column("inactive_since", UtcTime),
)

sync_requests = Table(
    "sync_requests",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("project_id", String),
    Column("requested_at", UtcTime, nullable=False),
)

points_spent = Table(
    "points_spent",
    metadata,
    Column("hour", UtcTime, primary_key=True),
    Column("grant_id", Integer, primary_key=True, autoincrement=False),
    Column("points", Integer, nullable=False),
)

team_members = Table(
    "team_members",
    metadata,
    Column("member_id", String, primary_key=True),
    Column("display_name", String, nullable=False),
    Column("email", String),
    Column("jira_account_id", String),
    Column("team", String),
    Column("imported_at", UtcTime, nullable=False),
)

user_overrides = Table(
    "user_overrides",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("member_id", String),
    Column("decided_at", UtcTime, nullable=False),
)

forgotten_accounts = Table(
    "forgotten_accounts",
    metadata,
    Column("account_id", String, primary_key=True),
    Column("forgotten_at", UtcTime, nullable=False),
    Column("erased_at", UtcTime),
)

pauses = Table(
    "pauses",
    metadata,
    Column("scope", String, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("reason", String, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("name", String, primary_key=True),
    Column("about", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("text", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("noticed_at", UtcTime, nullable=False),
    Column("cleared_at", UtcTime),
    Column("sent_at", UtcTime),
)

alert_messages = Table(
    "alert_messages",
    metadata,
    Column("message_id", Integer, primary_key=True),
    Column("target", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", String, nullable=False),
    Column("is_recovery", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
)

site_settings = Table(
    "site_settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

lake_documents = Table(
    "lake_documents",
    metadata,
    Column("lake", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

lake_leases = Table(
    "lake_leases",
    metadata,
    Column("lake", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("token", BigInteger, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("purpose", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

lake_trash = Table(
    "lake_trash",
    metadata,
    Column("lake", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("unnamed_at", UtcTime, nullable=False),
    Index("lake_trash_owner", "lake", "owner"),
)

request_shares = Table(
    "request_shares",
    metadata,
    Column("site_id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("shares", String, nullable=False),
)

lake_tokens = Sequence("lake_tokens", metadata=metadata)
