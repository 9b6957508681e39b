"""What is done to the site before a sync that is measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure import Change, SiteProcess


@dataclass(frozen=True, slots=True)
class Scenario:
    """A sync, and the issues that change or are deleted before it."""

    name: str
    title: str
    changed: int = 0
    deleted: int = 0

    def apply(self, site: SiteProcess) -> Change:
        """Change the site."""
        if self.changed:
            return site.change(self.changed)
        return site.delete(self.deleted) if self.deleted else Change()


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("first", "First sync"),
        Scenario("idle", "Later sync, nothing changed"),
        Scenario("one", "Later sync, one issue changed", changed=1),
        Scenario("hundred", "Later sync, 100 issues changed", changed=100),
        Scenario("deletion", "One issue deleted", deleted=1),
    )
}
"""In their order: each continues with what the one before it has stored."""
