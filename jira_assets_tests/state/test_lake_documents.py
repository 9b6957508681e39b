"""A document changes by one statement, and only for who holds the lease and knows the version."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jira_assets.state import State
from jira_assets.state.lake_documents import READ_AT_ONCE, DocumentCommit
from jira_assets.state.lake_leases import LeaseHolder

LAKE = "s3://acme/jira"
NAME = "manifests/10.json"


@pytest.fixture
def state(postgres_url: str) -> Iterator[State]:
    """Open a state that hosts share."""
    with State.open(postgres_url) as opened:
        yield opened


def take(state: State, name: str = "10", life: float = 60) -> int:
    token = state.lake_leases.take(LAKE, name, LeaseHolder("a", 7, "sync", datetime.now(UTC)), life)
    assert token is not None
    return token


def first(token: int, body: bytes = b"one") -> DocumentCommit:
    return DocumentCommit(NAME, body, 0, "10", token)


def test_a_document_is_written_and_replaced_under_its_lease(state: State) -> None:
    documents, token = state.lake_documents, take(state)
    assert documents.read(LAKE, NAME) is None

    assert documents.commit(LAKE, first(token)) == 1
    assert documents.commit(LAKE, DocumentCommit(NAME, b"two", 1, "10", token)) == 2
    assert documents.read(LAKE, NAME) == (2, b"two")
    assert documents.read("s3://acme/jira/sites/2", NAME) is None


def test_who_lost_the_lease_changes_nothing_even_if_nobody_committed_since(state: State) -> None:
    documents = state.lake_documents
    lost = take(state, life=-1)
    assert documents.commit(LAKE, first(lost)) == 1  # it ran out, and nobody took it over
    held = take(state)

    late = DocumentCommit(NAME, b"late", 1, "10", lost, named=["raw/1"], unnamed=["raw/0"])
    assert documents.commit(LAKE, late) is None
    assert documents.read(LAKE, NAME) == (1, b"one")
    assert documents.unnamed(LAKE, "10", 0) == []
    assert documents.commit(LAKE, DocumentCommit(NAME, b"new", 1, "10", held)) == 2


@pytest.mark.parametrize("version", [0, 1, 3])
def test_another_version_than_the_present_one_is_not_replaced(state: State, version: int) -> None:
    documents, token = state.lake_documents, take(state)
    documents.commit(LAKE, first(token))
    documents.commit(LAKE, replace(first(token), version=1))

    assert documents.commit(LAKE, DocumentCommit(NAME, b"wrong", version, "10", token)) is None
    assert documents.read(LAKE, NAME) == (2, b"one")


def test_a_document_that_is_missing_is_not_replaced(state: State) -> None:
    token = take(state)
    assert state.lake_documents.commit(LAKE, DocumentCommit(NAME, b"two", 1, "10", token)) is None
    assert state.lake_documents.read(LAKE, NAME) is None


def test_a_commit_says_from_when_on_files_are_not_named(state: State) -> None:
    documents, token = state.lake_documents, take(state)
    documents.note_unnamed(LAKE, "10", ["raw/1", "raw/2"])
    assert sorted(documents.unnamed(LAKE, "10", 0)) == ["raw/1", "raw/2"]

    documents.commit(LAKE, replace(first(token), named=["raw/1"]))
    assert documents.unnamed(LAKE, "10", 0) == ["raw/2"]
    documents.commit(LAKE, DocumentCommit(NAME, b"two", 1, "10", token, ["raw/2"], ["raw/1"]))
    assert documents.unnamed(LAKE, "10", 0) == ["raw/1"]
    assert documents.unnamed(LAKE, "10", 3600) == []
    assert documents.unnamed(LAKE, "20", 0) == []

    documents.note_removed(LAKE, ["raw/1"])
    assert documents.unnamed(LAKE, "10", 0) == []


def test_increments_by_many_at_once_are_not_lost(state: State) -> None:
    documents = state.lake_documents

    def increment(number: int) -> None:
        while True:
            holder = LeaseHolder("a", number, "sync", datetime.now(UTC))
            token = state.lake_leases.take(LAKE, "10", holder, -1)  # which the next one takes over at once
            version, body = documents.read(LAKE, NAME) or (0, b"0")
            content = str(int(body) + 1).encode()
            if token and documents.commit(LAKE, DocumentCommit(NAME, content, version, "10", token)):
                return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(increment, range(60)))
    assert documents.read(LAKE, NAME) == (60, b"60")


def test_many_documents_and_versions_come_by_few_queries(state: State) -> None:
    documents, count = state.lake_documents, 2 * READ_AT_ONCE + 1
    for name in ("site", "lake.json", *map(str, range(3))):
        documents.replace(LAKE, f"manifests/{name}", name.encode())
    names = [f"manifests/{number}" for number in range(count)]

    assert documents.read_many(LAKE, names) == {f"manifests/{n}": str(n).encode() for n in range(3)}
    documents.replace(LAKE, "manifests/1", b"new")
    assert documents.versions(LAKE, "manifests/") == {
        "manifests/site": 1,
        "manifests/lake.json": 1,
        "manifests/0": 1,
        "manifests/1": 2,
        "manifests/2": 1,
    }


def test_documents_are_set_aside_and_forgotten_with_their_lake(state: State) -> None:
    documents, token = state.lake_documents, take(state)
    documents.commit(LAKE, first(token))
    documents.rename(LAKE, NAME, f"damaged/now/{NAME}")
    assert documents.versions(LAKE, "manifests/") == {}
    assert documents.commit(LAKE, first(token, b"again")) == 1
    assert documents.delete(LAKE, "damaged/") == 1

    site = f"{LAKE}/sites/2"
    documents.replace(site, "lake.json", b"{}")
    assert documents.lakes_below(LAKE) == [site]
    assert documents.sizes(site) == [2]
    documents.forget(site)
    assert documents.lakes_below(LAKE) == []
    assert documents.read(LAKE, NAME) == (1, b"again")
