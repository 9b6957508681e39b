"""What a check of `doctor` found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from jira_assets.state.models import ConnectedSite


@dataclass(frozen=True)
class Finding:
    """One line of `doctor`: what was looked at, how it is, and what repairs it."""

    check: str
    verdict: Literal["ok", "warning", "failed"]
    finding: str
    repair: str | None = None


def of_site(site: ConnectedSite, finding: Finding) -> Finding:
    """Return a finding with the name of its site, unless that is the first."""
    return finding if site.is_first else replace(finding, check=f"{finding.check} of {site.label}")


def good(check: str, finding: str) -> Finding:
    """Say that something is well."""
    return Finding(check, "ok", finding)


def doubtful(check: str, finding: str, repair: str) -> Finding:
    """Say that something deserves a look."""
    return Finding(check, "warning", finding, repair)


def bad(check: str, finding: str, repair: str) -> Finding:
    """Say that something does not work."""
    return Finding(check, "failed", finding, repair)
