"""Which fields of an issue a request asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

BULKY_FIELDS = frozenset({"comment", "worklog", "attachment"})
"""Fields that hold many values: not navigable, and never among the few small ones."""
SMALL_FIELDS_AT_MOST = 5
_FROM_THE_ISSUE = frozenset({"project", "created", "updated"})


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields requested; `everything` includes all that are not excluded."""

    named: frozenset[str]
    excluded: frozenset[str]
    everything: bool
    signature: str

    @classmethod
    def of(cls, fields: Iterable[str]) -> Selection:
        """Read a `fields` parameter: names, `*all`, `*navigable`, and names with a minus to leave out."""
        given = [part for each in fields for part in str(each).split(",") if part]
        named = frozenset(each for each in given if each[0] not in "-*")
        excluded = frozenset(each[1:] for each in given if each[0] == "-")
        # Exclusions alone start from everything, as they do in Jira.
        everything = "*all" in given or "*navigable" in given or (bool(excluded) and not named)
        if "*navigable" in given and "*all" not in given:
            excluded |= BULKY_FIELDS - named
        return cls(named, excluded, everything, ",".join(sorted(given)))

    def __contains__(self, field: str) -> bool:
        return (field in self.named or self.everything) and field not in self.excluded

    def of_those(self, fields: Iterable[str]) -> list[str]:
        """Return which of an issue's fields are requested."""
        if self.everything:
            return [each for each in fields if each not in self.excluded]
        return [each for each in fields if each in self.named and each not in self.excluded]

    def signature_for(self, fields: Collection[str]) -> str:
        """Return a name for what an issue with these fields looks like under this selection."""
        if self.everything and self.excluded.isdisjoint(fields) and not self.excluded & _FROM_THE_ISSUE:
            return "*all"
        return self.signature

    @property
    def only_id(self) -> bool:
        """Return whether nothing but the id is requested."""
        return not self.everything and self.named <= {"id"}

    @property
    def has_fields(self) -> bool:
        """Return whether the answer has a `fields` object."""
        return self.everything or bool(self.named - {"id", "key"})

    @property
    def is_small(self) -> bool:
        """Return whether so few fields are requested that Jira gives thousands of issues a page."""
        return (
            not self.everything and len(self.named) <= SMALL_FIELDS_AT_MOST and not self.named & BULKY_FIELDS
        )

    @property
    def is_explicit(self) -> bool:
        """Return whether up to 1000 issues may be requested at once: named fields only, at most 100."""
        return not self.everything and 1 <= len(self.named) <= 100 and not self.named & BULKY_FIELDS
