"""Descriptions in Atlassian's document format, put together from paragraphs that are built once."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from jira_assets.demo.generate.words import SENTENCES

Node = dict[str, Any]

PARAGRAPHS = 120
BULK_DOCUMENTS = 64


class Descriptions:
    """Hand out descriptions. Issues share the documents, so treat them as immutable.

    Documents of a wanted size come encoded: a benchmark serves them often.
    """

    def __init__(self, rng: Random, body_bytes: int | None) -> None:
        self._rng = rng
        self._paragraphs = [_block(rng, place) for place in range(PARAGRAPHS)]
        self._bulk: list[msgspec.Raw] = []
        if body_bytes is not None:
            self._bulk = [msgspec.Raw(self._of_size(body_bytes)) for _ in range(BULK_DOCUMENTS)]

    def draw(self) -> Node | msgspec.Raw | None:
        """Return one description; without a wanted size, every eighth issue has none."""
        rng = self._rng
        if self._bulk:
            return self._bulk[int(rng.random() * BULK_DOCUMENTS)]
        if rng.random() < 0.125:
            return None
        first = int(rng.random() * (PARAGRAPHS - 6))
        return _document(self._paragraphs[first : first + 1 + int(rng.random() * 5)])

    def _of_size(self, wanted: int) -> bytes:
        """Join paragraphs and encode them; a last one of dots brings the JSON to the wanted size."""
        blocks: list[Node] = [_paragraph("")]
        missing = wanted - _size(_document(blocks))
        while (block_size := _size(block := self._rng.choice(self._paragraphs)) + 1) <= missing:
            blocks.insert(0, block)
            missing -= block_size
        blocks[-1] = _paragraph("." * max(0, missing))
        return msgspec.json.encode(_document(blocks))


def _block(rng: Random, place: int) -> Node:
    texts = rng.sample(SENTENCES, 1 + int(rng.random() * 4))
    kind = rng.random()
    if place % SPECIAL_EVERY < len(SPECIAL):
        return SPECIAL[place % SPECIAL_EVERY](texts)
    if kind < 0.12:
        items = [{"type": "listItem", "content": [_paragraph(text)]} for text in texts]
        return {"type": "bulletList", "content": items}
    if kind < 0.18:
        return {"type": "codeBlock", "attrs": {"language": "text"}, "content": [_text("\n".join(texts))]}
    return _paragraph(" ".join(texts))


def _with_mention(texts: list[str]) -> Node:
    content = [_mention(), _text(f" {texts[0]}"), {"type": "hardBreak"}, *_marked(texts)]
    return {"type": "paragraph", "content": content}


def _unknown(texts: list[str]) -> Node:
    """Write a node that no published schema has."""
    return {"type": "extensionOfTomorrow", "attrs": {"layout": "wide"}, "content": [_paragraph(texts[0])]}


def _mention() -> Node:
    attributes = {
        "id": "712020:00000000-demo-0000-0000-mentioned",
        "text": '@Ada "Byte" Keller',
        "accessLevel": "",
    }
    return {"type": "mention", "attrs": attributes}


def _marked(texts: list[str]) -> list[Node]:
    """Write the texts in bold, each as a node of its own."""
    return [{"type": "text", "text": text, "marks": [{"type": "strong"}]} for text in texts[1:]]


def _table(texts: list[str]) -> Node:
    cells = [{"type": "tableCell", "attrs": {}, "content": [_paragraph(text)]} for text in texts]
    attributes = {"isNumberColumnEnabled": False, "layout": "default"}
    return {"type": "table", "attrs": attributes, "content": [{"type": "tableRow", "content": cells}]}


def _document(blocks: list[Node]) -> Node:
    return {"version": 1, "type": "doc", "content": blocks}


def _paragraph(text: str) -> Node:
    return {"type": "paragraph", "content": [_text(text)]}


def _text(text: str) -> Node:
    return {"type": "text", "text": text}


def _size(value: Node) -> int:
    return len(msgspec.json.encode(value))


SPECIAL = (_with_mention, _table, _unknown)
SPECIAL_EVERY = 20
"""How often the blocks of a document are of these kinds."""
