"""Descriptions in Atlassian's document format become plain text."""

from __future__ import annotations

import json
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_assets.lake.sql_files import statement
from jira_assets_tests.lake_fixture import LakeFixture, seen

Node = dict[str, Any]


def text(words: str, *marks: str) -> Node:
    node: Node = {"type": "text", "text": words}
    return node | ({"marks": [{"type": mark} for mark in marks]} if marks else {})


def block(kind: str, *content: Node, **attributes: Any) -> Node:
    return {"type": kind} | ({"attrs": attributes} if attributes else {}) | {"content": list(content)}


def paragraph(*content: Node) -> Node:
    return block("paragraph", *content)


def document(*content: Node) -> Node:
    return {"version": 1, **block("doc", *content)}


BREAK: Node = {"type": "hardBreak"}
CASES: dict[str, tuple[Any, str | None]] = {
    "no description": (None, None),
    "an empty document": (document(), ""),
    "an empty paragraph": (document(block("paragraph")), ""),
    "a text of an older site": ('plain "text":"\nsecond line', 'plain "text":"\nsecond line'),
    "paragraphs": (document(paragraph(text("One")), paragraph(text("Two"))), "One\nTwo"),
    "marks inside a word": (
        document(paragraph(text("un"), text("believ", "strong"), text("able"))),
        "unbelievable",
    ),
    "a hard break": (document(paragraph(text("One"), BREAK, text("Two"))), "One\nTwo"),
    "a list": (
        document(
            block(
                "bulletList", block("listItem", paragraph(text("a"))), block("listItem", paragraph(text("b")))
            )
        ),
        "a\nb",
    ),
    "a table": (
        document(block("table", block("tableRow", *(block("tableCell", paragraph(text(x))) for x in "xy")))),
        "x\ny",
    ),
    "a mention and an emoji": (
        document(
            paragraph(
                {"type": "mention", "attrs": {"id": "7", "text": '@Ada "Byte" Keller', "accessLevel": ""}},
                text(" said "),
                {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}},
            )
        ),
        '@Ada "Byte" Keller said 😄',
    ),
    "a card and an expand": (
        document(
            block(
                "expand",
                paragraph({"type": "inlineCard", "attrs": {"url": "https://a.example/?q=1"}}),
                title="More",
            )
        ),
        "More\nhttps://a.example/?q=1",
    ),
    "an unknown node": (document(block("extensionOfTomorrow", paragraph(text("kept")))), "kept"),
    "code with JSON in it": (
        document(
            block("codeBlock", text('{"type":"text","text":"x","content":[1]}\\n\n\ttab'), language="json")
        ),
        '{"type":"text","text":"x","content":[1]}\\n\n\ttab',
    ),
    "a picture alone": (document(block("mediaSingle", {"type": "media", "attrs": {"id": "1"}})), ""),
}


def test_a_description_is_read_as_text(bench: LakeFixture) -> None:
    bench.land_and_derive(*(seen(case, {"description": value}) for case, (value, _) in CASES.items()))
    found = {row["jira_id"]: row["description_text"] for row in bench.rows("jira_issue_texts")}
    assert found == {case: wanted for case, (_, wanted) in CASES.items() if wanted is not None}


def test_an_issue_without_the_field_has_no_text(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"summary": "A"}))
    assert bench.rows("jira_issue_texts") == []


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(blocks=st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_text_is_there_in_its_order(engine: duckdb.DuckDBPyConnection, blocks: list[list[str]]) -> None:
    value = document(*(paragraph(*(text(words) for words in texts)) for texts in blocks))
    engine.execute(statement("lake/derive/plain_text"))
    query = "select plain_text(?::json)"
    found = engine.execute(query, [json.dumps(value, ensure_ascii=False, separators=(",", ":"))]).fetchone()
    expected = "\n".join("".join(texts) for texts in blocks)
    assert found is not None
    assert found[0] == expected.rstrip("\t\n\f\r ")
