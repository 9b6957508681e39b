"""Read the keys of projects as people give them: in any case, as keys of issues, as addresses of pages."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

import click

from jira_assets.cli.context import Invocation
from jira_assets.cli.wiring import open_state
from jira_assets.qualified import prefix_of

_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]+)(?:-[0-9]+)?")
"""The key of a project, or that of one of its issues."""

_QUALIFIED = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(.+)")
"""A key with the short name of its site: acme:PAY."""

_IN_PATH = re.compile(r"/(?:projects?|browse|issues)/([A-Za-z][A-Za-z0-9_]+)(?:-[0-9]+)?(?:/|$)")
_IN_QUERY = ("projectKey", "selectedIssue", "pkey")
_IN_JQL = re.compile(r"\bproject\s*(?:=|in\s*\()\s*[\"']?([A-Za-z][A-Za-z0-9_]+)", re.IGNORECASE)


class ProjectKey(click.ParamType):  # type: ignore[type-arg]  # older versions are not generic
    """An argument that names a project; its value is the key in upper case, after the name of its site."""

    name = "key"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read a key; raises `BadParameter` where there is none."""
        text, prefix = value.strip().strip("<>\"'"), ""
        if "/" in text:
            prefix = self._site_of_address(text, param, ctx)
            key = key_in_address(text)
            if key is None:
                self.fail(
                    f"{value!r} does not identify a project. Use its key, such as PAY, or the "
                    "address of its board or of one of its issues. `jira-assets projects list` "
                    "shows the keys.",
                    param,
                    ctx,
                )
            return prefix + key
        if (qualified := _QUALIFIED.fullmatch(text)) is not None:
            prefix, text = _prefix_of(qualified[1], ctx), qualified[2]
        found = _KEY.fullmatch(text)
        if found is None:
            several = " Separate several keys with spaces." if "," in text else ""
            self.fail(
                f"{value!r} is not a project key.{several} A key is short, such as PAY. "
                "`jira-assets projects list` shows keys and names.",
                param,
                ctx,
            )
        return prefix + found[1].upper()

    def _site_of_address(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the prefix of the site that an address is on; fails for a site that is not connected."""
        invocation = ctx.find_object(Invocation) if ctx else None
        host = urlsplit(_with_scheme(text)).hostname
        if invocation is None or not host or "." not in host:
            return ""
        from jira_assets.auth.status import connected_as  # late: it imports SQLAlchemy

        with open_state(invocation.settings) as state:
            sites = state.sites.all()
            urls = {site.prefix: connected_as(invocation.settings, state.of(site)).site_url for site in sites}
        known = {prefix: url for prefix, url in urls.items() if url}
        for prefix, url in known.items():
            if urlsplit(url).netloc.lower() == urlsplit(_with_scheme(text)).netloc.lower():
                return prefix
        if known:
            self.fail(
                f"{value_shown(text)} is on {host}, but this home is connected to "
                f"{' and '.join(known.values())}. Use a project of that site, connect the other site with "
                "`jira-assets connect --site-name`, or select its home with --home.",
                param,
                ctx,
            )
        return ""


def _prefix_of(name: str, ctx: click.Context | None) -> str:
    """Return what keys of a site begin with; raises `InputError` for a name that no site has."""
    invocation = ctx.find_object(Invocation) if ctx else None
    if invocation is None:
        return prefix_of(name.lower())
    with open_state(invocation.settings) as state:
        return state.sites.find(name).prefix


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"//{address}"


def key_in_address(address: str) -> str | None:
    """Return the key of the project that an address of Jira's pages is about; None when it says none."""
    parts = urlsplit(address)
    if found := _IN_PATH.search(unquote(parts.path)):
        return found[1].upper()
    asked = parse_qs(parts.query)
    for name in _IN_QUERY:
        if name in asked and (key := _KEY.fullmatch(asked[name][0])):
            return key[1].upper()
    found = _IN_JQL.search(asked.get("jql", [""])[0])
    return found[1].upper() if found else None


def value_shown(address: str) -> str:
    """Shorten an address for a message: what follows the path is of no interest there."""
    return address.partition("?")[0]


PROJECT_KEY = ProjectKey()
