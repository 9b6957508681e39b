"""What a query looks like once it has been parsed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """An operand; `quoted` changes what a number means, `arguments` is set for a function."""

    text: str
    quoted: bool = False
    arguments: tuple[str, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether this is the keyword EMPTY or NULL."""
        return not self.quoted and self.arguments is None and self.text.lower() in ("empty", "null")


@dataclass(frozen=True, slots=True)
class Clause:
    """A comparison; `operator` is in lower case: `=`, `not in`, `is not` and so on."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A negation."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """A conjunction."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """An alternative."""

    parts: tuple[Node, ...]


Node = Clause | Not | And | Or


def operands(node: Node) -> int:
    """Count the values that a query compares with."""
    if isinstance(node, Clause):
        return len(node.values)
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return sum(map(operands, parts))


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `order` holds (field, descending)."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = ()
