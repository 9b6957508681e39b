"""Parse JQL into a tree.

query    := or ["order by" sort ("," sort)*]
or       := and ("or" and)*
and      := not ("and" not)*
not      := "not" not | "(" or ")" | clause
clause   := field ("=" "!=" "<" "<=" ">" ">=" "~" "!~") value
          | field ["not"] "in" ("(" value ("," value)* ")" | function)
          | field "is" ["not"] ("empty" | "null")
value    := word | quoted | function "(" [value ("," value)*] ")"
"""

from __future__ import annotations

from jira_assets.demo.jql.errors import JqlError
from jira_assets.demo.jql.tokens import Token, tokenize
from jira_assets.demo.jql.tree import And, Clause, Node, Not, Or, Query, Value

MOST_SORT_FIELDS = 7


def parse(jql: str) -> Query:
    """Parse a query; raises JqlError."""
    return _Parser(tokenize(jql)).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _accept_word(self, *words: str) -> bool:
        if self._next.is_word(*words):
            self._at += 1
            return True
        return False

    def _accept_sign(self, sign: str) -> bool:
        if self._next.is_sign(sign):
            self._at += 1
            return True
        return False

    def _fail(self, expected: str) -> JqlError:
        if self._next.kind == "end":
            return JqlError(f"Error in the JQL Query: Expecting {expected} before the end of the query.")
        where = f"(line 1, character {self._next.position + 1})"
        return JqlError(f"Error in the JQL Query: Expecting {expected} but got '{self._next.text}'. {where}")

    def query(self) -> Query:
        where = None if self._next.kind == "end" or self._next.is_word("order") else self._or()
        order = self._order() if self._accept_word("order") else ()
        if self._next.kind != "end":
            raise self._fail("either 'OR' or 'AND'")
        return Query(where, order)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self._accept_word("by"):
            raise self._fail("'by'")
        sorts = [self._sort()]
        while self._accept_sign(","):
            sorts.append(self._sort())
        if len(sorts) > MOST_SORT_FIELDS:
            raise JqlError(f"The orderBy clause can contain a maximum of {MOST_SORT_FIELDS} fields.")
        return tuple(sorts)

    def _sort(self) -> tuple[str, bool]:
        field = self._field()
        if self._accept_word("desc"):
            return field, True
        self._accept_word("asc")
        return field, False

    def _or(self) -> Node:
        parts = [self._and()]
        while self._accept_word("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._accept_word("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Node:
        if self._accept_word("not"):
            return Not(self._not())
        if self._accept_sign("("):
            inner = self._or()
            if not self._accept_sign(")"):
                raise self._fail("')'")
            return inner
        return self._clause()

    def _field(self) -> str:
        if self._next.kind not in ("word", "quoted"):
            raise self._fail("a field name")
        return self._take().text

    def _clause(self) -> Clause:
        field = self._field()
        operator = self._operator()
        if operator in ("in", "not in"):
            return Clause(field, operator, self._list())
        value = self._value()
        if operator in ("is", "is not") and not value.is_empty:
            raise JqlError(f"The operator '{operator}' can only be used with 'EMPTY' or 'NULL'.")
        return Clause(field, operator, (value,))

    def _operator(self) -> str:
        if self._next.kind == "operator":
            return self._take().text
        if self._accept_word("in"):
            return "in"
        if self._accept_word("not"):
            if not self._accept_word("in"):
                raise self._fail("'in'")
            return "not in"
        if self._accept_word("is"):
            return "is not" if self._accept_word("not") else "is"
        raise self._fail(
            "operator. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'IS'"
        )

    def _list(self) -> tuple[Value, ...]:
        if not self._accept_sign("("):
            value = self._value()
            if value.arguments is None:
                raise self._fail("'('")
            return (value,)
        values = [self._value()]
        while self._accept_sign(","):
            values.append(self._value())
        if not self._accept_sign(")"):
            raise self._fail("')'")
        return tuple(values)

    def _value(self) -> Value:
        if self._next.kind not in ("word", "quoted"):
            raise self._fail("either a value, list or function")
        token = self._take()
        if token.kind == "quoted":
            return Value(token.text, quoted=True)
        if not self._accept_sign("("):
            return Value(token.text)
        return Value(token.text.lower(), arguments=self._arguments())

    def _arguments(self) -> tuple[str, ...]:
        arguments: list[str] = []
        while not self._accept_sign(")"):
            if self._next.kind not in ("word", "quoted"):
                raise self._fail("')'")
            arguments.append(self._take().text)
            self._accept_sign(",")
        return tuple(arguments)
