"""Turn templates into answers; every value is escaped unless a template says otherwise, and none does."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from jira_assets import __version__
from jira_assets.formatting import ago, counted
from jira_assets.web import formatting as display
from jira_assets.web.dagster_ui import PREFIX
from jira_assets.web.static_files import static_url


def render(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Answer with a page."""
    app_state = request.app.state.app_state
    here = {
        "path": request.scope["path"],
        "now": app_state.now(),
        "site_url": app_state.site_url,
        "further_sites": app_state.further_sites,
    }
    here["dagster"] = PREFIX if app_state.has_dagster else None
    return HTMLResponse(environment().get_template(template).render(here | values), status_code)


@cache
def environment() -> Environment:
    """Open the templates."""
    opened = Environment(
        loader=PackageLoader("jira_assets.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    opened.filters.update(
        ago=ago,
        counted=counted,
        number=display.number,
        moment=display.moment,
        day=display.day,
        duration=display.duration,
        share=display.share,
        site=display.site,
        with_code=display.with_code,
    )
    opened.globals.update(static=static_url, version=__version__)
    return opened
