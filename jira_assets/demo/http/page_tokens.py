"""The opaque page tokens of search and of the changelog."""

from __future__ import annotations

import base64
import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

TOKEN_LIVES_MS = 7 * 24 * 3600 * 1000
MOST_TOKENS = 10_000


class TokenExpired(Exception):
    """A page token is unknown, too old, or belongs to another question."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts in an answer that is remembered as a whole."""

    question: str
    items: list[Any]
    start: int
    made_ms: int


class PageTokens:
    """Remember where pages continue; a token may be used again, as after a lost answer."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def give(self, cursor: Cursor) -> str:
        """Return a token for a cursor; it holds characters that a URL must escape."""
        token = base64.b64encode(b"c\xfb\xff:" + self._random.randbytes(18)).decode()
        self._cursors[token] = cursor
        if len(self._cursors) > MOST_TOKENS:
            self._cursors.popitem(last=False)
        return token

    def take(self, token: str, question: str, now_ms: int) -> Cursor:
        """Return the cursor of a token; raises TokenExpired."""
        cursor = self._cursors.get(token)
        if cursor is None or cursor.question != question or now_ms - cursor.made_ms > TOKEN_LIVES_MS:
            raise TokenExpired
        return cursor

    def expire(self) -> None:
        """Expire every token that was given so far."""
        self._cursors.clear()
