"""Cut JQL into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from jira_assets.demo.jql.errors import JqlError

Kind = Literal["quoted", "word", "operator", "punctuation", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<operator><=|>=|!=|!~|=|<|>|~)
    | (?P<punctuation>[(),]|!|&&?|\|\|?)
    | (?P<word>[^\s"'=!<>~(),&|]+)
    )""",
    re.VERBOSE,
)
_SIGNS = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of JQL and where it stands; `text` of a quoted token is what the quotes hold."""

    kind: Kind
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Return whether this is one of the given keywords (never so when quoted)."""
        return self.kind == "word" and self.text.lower() in words

    def is_sign(self, sign: str) -> bool:
        """Return whether this is the given punctuation mark or operator."""
        return self.kind in ("punctuation", "operator") and self.text == sign


def tokenize(jql: str) -> list[Token]:
    """Return the tokens of a query, the last of kind `end`; raises JqlError."""
    tokens: list[Token] = []
    position = 0
    while jql[position:].strip():
        match = _TOKEN.match(jql, position)
        if match is None:
            raise JqlError(_unreadable(jql, position))
        tokens.append(_token(match))
        position = match.end()
    return [*tokens, Token("end", "", len(jql))]


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup
    text = match.group(kind or 0)
    position = match.start(kind or 0)
    if kind == "quoted":
        return Token("quoted", re.sub(r"\\(.)", r"\1", text[1:-1]), position)
    if kind == "operator":
        return Token("operator", text, position)
    if kind == "punctuation" and text not in _SIGNS:
        return Token("punctuation", text, position)
    return Token("word", _SIGNS.get(text, text), position)


def _unreadable(jql: str, position: int) -> str:
    rest = jql[position:].lstrip()
    if rest[:1] in "\"'":
        return f"Error in the JQL Query: The quoted string '{rest[1:]}' has not been completed."
    return (
        f"Error in the JQL Query: The character '{rest[:1]}' is a reserved JQL character. "
        "You must enclose it in a string or use the escape '\\u"
        f"{ord(rest[0]):04x}' instead."
    )
