"""The files that pages load; a digest in their address lets browsers keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
CHARTS_BUNDLE = "vendor/charts.js"
"""Vega, Vega-Lite and Vega-Embed in one file; a build of the project makes it, and so does `make assets`."""


class KeptFiles(StaticFiles):
    """Static files that are requested once for each version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Allow browsers to keep what has its version in its address."""
        answer = await super().get_response(path, scope)
        if answer.status_code == 200 and b"v=" in scope.get("query_string", b""):
            answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def static_url(name: str) -> str:
    """Return the address of a static file."""
    file = STATIC / name
    return (
        f"/static/{name}?v={_digest(file, file.stat().st_mtime_ns)}" if file.exists() else f"/static/{name}"
    )


def has_charts() -> bool:
    """Return whether the bundle that draws charts was built."""
    return (STATIC / CHARTS_BUNDLE).exists()


@cache
def _digest(file: Path, _changed_at: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
