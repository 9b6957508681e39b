"""Descriptions in Atlassian's document format, put together from paragraphs that are built once."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from jira_assets.demo.words import SENTENCES

Node = dict[str, Any]

PARAGRAPHS = 120
BULK_DOCUMENTS = 64


class Descriptions:
    """Hand out descriptions. Issues share the documents, so treat them as immutable."""

    def __init__(self, rng: Random, body_bytes: int | None) -> None:
        self._rng = rng
        self._paragraphs = [_block(rng) for _ in range(PARAGRAPHS)]
        self._bulk = [] if body_bytes is None else [self._of_size(body_bytes) for _ in range(BULK_DOCUMENTS)]

    def draw(self) -> Node | None:
        """Give one description; without a wanted size, every eighth issue has none."""
        rng = self._rng
        if self._bulk:
            return self._bulk[int(rng.random() * BULK_DOCUMENTS)]
        if rng.random() < 0.125:
            return None
        first = int(rng.random() * (PARAGRAPHS - 6))
        return _document(self._paragraphs[first : first + 1 + int(rng.random() * 5)])

    def _of_size(self, wanted: int) -> Node:
        """Join blocks until the JSON reaches the wanted number of bytes, then fill up to it exactly."""
        blocks: list[Node] = []
        size = _json_size(_document([]))
        while size < wanted:
            block = self._rng.choice(self._paragraphs)
            block_size = _json_size(block) + 1
            if size + block_size > wanted:
                block = _paragraph("…" * max(1, (wanted - size - 60) // 3))
                block_size = wanted
            blocks.append(block)
            size += block_size
        return _document(blocks)


def _block(rng: Random) -> Node:
    texts = rng.sample(SENTENCES, 1 + int(rng.random() * 4))
    kind = rng.random()
    if kind < 0.12:
        items = [{"type": "listItem", "content": [_paragraph(text)]} for text in texts]
        return {"type": "bulletList", "content": items}
    if kind < 0.18:
        return {"type": "codeBlock", "attrs": {"language": "text"}, "content": [_text("\n".join(texts))]}
    return _paragraph(" ".join(texts))


def _document(blocks: list[Node]) -> Node:
    return {"version": 1, "type": "doc", "content": blocks}


def _paragraph(text: str) -> Node:
    return {"type": "paragraph", "content": [_text(text)]}


def _text(text: str) -> Node:
    return {"type": "text", "text": text}


def _json_size(value: Node) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
