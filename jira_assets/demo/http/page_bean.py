"""The pages with `startAt` in which most of the platform API answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from jira_assets.demo.data import Json
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.reply import Reply, ok


def page_bean(
    call: Call, things: Sequence[Any], printed: Callable[[Any], Json], default: int, most: int
) -> Reply:
    """Answer with the page that a call asks for."""
    start, size = call.number("startAt", 0), min(call.number("maxResults", default), most)
    page = things[start : start + size]
    last = start + size >= len(things)
    answer: Json = {
        "self": call.site.render.base_url,
        "maxResults": size,
        "startAt": start,
        "total": len(things),
    }
    answer |= {"isLast": last, "values": [printed(each) for each in page]}
    if not last:
        following = urlencode({"startAt": start + size, "maxResults": size})
        answer["nextPage"] = f"{call.site.render.base_url}?{following}"
    return ok(answer)
