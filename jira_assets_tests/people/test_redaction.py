"""Names and addresses of some people are taken out of Jira's JSON, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.people.redaction import FORGOTTEN, Redaction

NAME, ADDRESS = "Ines Withdrawn", "ines@acme.example"
PERSON = {
    "self": "https://acme.atlassian.net/rest/api/3/user?accountId=ines",
    "accountId": "ines",
    "displayName": NAME,
    "emailAddress": ADDRESS,
    "avatarUrls": {"48x48": "https://secure.gravatar.com/avatar/9f86d081884c7d65"},
    "active": True,
    "timeZone": "Europe/Lisbon",
    "accountType": "atlassian",
}
OTHER = {"accountId": "bo", "displayName": "Bo Li", "emailAddress": "bo@acme.example"}
NAMELESS = {
    "self": PERSON["self"],
    "accountId": "ines",
    "displayName": FORGOTTEN,
    "active": True,
    "accountType": "atlassian",
}


def redact(document: Any) -> Any:
    return json.loads(Redaction(["ines"])(json.dumps(document).encode()))


PLACES: dict[str, tuple[Any, Any]] = {
    "a field": ({"assignee": PERSON, "reporter": OTHER}, {"assignee": NAMELESS, "reporter": OTHER}),
    "a list": ({"customfield_1": [OTHER, PERSON]}, {"customfield_1": [OTHER, NAMELESS]}),
    "an old address of a user": (
        {"accountId": "ines", "self": "https://x/user?username=ines.w", "name": "ines.w", "key": "iw"},
        {"accountId": "ines", "displayName": FORGOTTEN},
    ),
    "an actor": (
        {"actor": {"id": "ines", "displayName": NAME, "url": "https://x/ines.w"}},
        {"actor": {"id": "ines", "displayName": FORGOTTEN}},
    ),
    "a mention": (
        {"type": "mention", "attrs": {"id": "ines", "text": f"@{NAME}", "accessLevel": ""}},
        {"type": "mention", "attrs": {"id": "ines", "text": f"@{FORGOTTEN}", "accessLevel": ""}},
    ),
    "a change": (
        {"field": "assignee", "from": "ines", "fromString": NAME, "to": "bo", "toString": "Bo Li"},
        {"field": "assignee", "from": "ines", "fromString": FORGOTTEN, "to": "bo", "toString": "Bo Li"},
    ),
    "a change with an id of its own": (
        {"from": None, "fromString": None, "to": None, "toString": NAME, "tmpToAccountId": "ines"},
        {"from": None, "fromString": None, "to": None, "toString": FORGOTTEN, "tmpToAccountId": "ines"},
    ),
    "a change of several": (
        {"from": "", "fromString": "", "to": "[bo, ines]", "toString": f"[Bo Li, {NAME}]"},
        {"from": "", "fromString": "", "to": "[bo, ines]", "toString": f"Bo Li, {FORGOTTEN}"},
    ),
    "a change of several with a comma in a name": (
        {"to": "bo,ines", "toString": "Li, Bo, Withdrawn, Ines"},
        {"to": "bo,ines", "toString": FORGOTTEN},
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_names_are_taken_out_wherever_jira_says_whose_they_are(place: str) -> None:
    before, after = PLACES[place]
    assert redact(before) == after
    assert redact([{"deep": before}]) == [{"deep": after}]


def test_all_names_that_were_found_are_known() -> None:
    redaction = Redaction(["ines"])
    redaction(json.dumps([PERSON, PLACES["a change"][0], {"id": "ines", "text": "@Ines Before"}]).encode())

    assert redaction.names == {NAME, ADDRESS, "Ines Before"}


def test_what_is_typed_by_hand_stays() -> None:
    document = {"assignee": PERSON, "summary": f"Ask {NAME}"}
    assert redact(document) == {"assignee": NAMELESS, "summary": f"Ask {NAME}"}


def test_a_text_with_the_id_of_the_account_loses_the_name() -> None:
    document = {"assignee": PERSON, "toString": f"[~accountid:ines] @{NAME} and {NAME}sson"}
    clean = f"[~accountid:ines] @{FORGOTTEN} and {NAME}sson"
    assert redact(document) == {"assignee": NAMELESS, "toString": clean}


def test_what_mentions_none_of_them_stays_as_jira_wrote_it() -> None:
    document = b'{ "assignee": {"accountId":"bo"},  "points": 1.10 }'
    assert Redaction(["ines"])(document) is document


def test_half_a_surrogate_pair_is_no_obstacle() -> None:
    document = b'{"summary":"\\ud83d","assignee":{"accountId":"ines","displayName":"Ines"}}'
    clean = Redaction(["ines"])(document)

    assert b"\\ud83d" in clean
    assert b'"Ines"' not in clean


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([PERSON, OTHER]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_redacting_takes_out_the_name_at_any_depth_and_is_done_once(document: Any) -> None:
    text = json.dumps(document).encode()
    once = Redaction(["ines"])(text)

    assert NAME.encode() not in once
    assert ADDRESS.encode() not in once
    assert Redaction(["ines"])(once) == once
    if b"ines" not in text:
        assert once is text
