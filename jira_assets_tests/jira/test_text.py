"""The text of an answer is valid, and what was valid stays as it was."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.jira.text import valid_text

texts = st.text(st.characters(codec="utf-8") | st.sampled_from('\\"u/d83😀'))


@given(texts, st.booleans())
def test_valid_text_stays_as_it_is(text: str, ascii_only: bool) -> None:
    body = json.dumps({"summary": text}, ensure_ascii=ascii_only).encode()
    assert valid_text(body) == body


@given(texts, st.sampled_from(["\ud83d", "\ude00", "\ude00\ud83d"]), texts)
def test_half_an_emoji_becomes_a_replacement_character(before: str, half: str, after: str) -> None:
    body = json.dumps(before + half + after).encode()
    mended = msgspec.json.decode(valid_text(body))
    whole = (before + half + after).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert mended.replace("\ufffd", "") == whole.replace("\ufffd", "")


@pytest.mark.parametrize("broken", [b"\xff", b"\xed\xa0\xbd", b"\xf0\x9f\x98"])
def test_bytes_that_are_not_utf8_become_replacement_characters(broken: bytes) -> None:
    mended = msgspec.json.decode(valid_text(b'{"summary": "cut ' + broken + b'", "id": "1"}'))
    assert mended["id"] == "1"
    assert mended["summary"].strip("\ufffd") == "cut "


def test_an_escaped_backslash_before_a_u_is_no_escape() -> None:
    body = rb'{"path": "C:\\ud83d"}'
    assert valid_text(body) == body


@pytest.mark.parametrize("end", [b"", b"\xf0\x9f\x98", b"\xff"])
@pytest.mark.parametrize("offset", range(5))
def test_a_character_may_lie_on_the_border_of_two_pieces(offset: int, end: bytes) -> None:
    body = b"x" * offset + "😀ü".encode() * 40_000
    assert valid_text(body + end) == (body + end).decode(errors="replace").encode()
