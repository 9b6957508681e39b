"""Where at Atlassian a credential is made, and how to connect again with it."""

from __future__ import annotations

SERVICE_ACCOUNTS = "https://admin.atlassian.com, Directory, Service accounts"
