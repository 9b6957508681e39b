"""A folder, S3 and Azure do the same with objects; what they refuse is said without secrets."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jira_assets.errors import StoreUnavailable
from jira_assets.lake.storage import bucket as module
from jira_assets.lake.storage.bucket import Bucket
from jira_assets_tests.network_faults import faulty_store
from jira_assets_tests.sampling import sampled

AZURE = pytest.param("azure", marks=pytest.mark.prove)
"""What only Azure does is tested in `make test` as well."""


@pytest.fixture(params=["folder", "s3", AZURE])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """An empty place in a store."""
    is_folder = request.param == "folder"
    return Bucket(f"file://{tmp_path}/store" if is_folder else request.getfixturevalue(request.param))


@dataclass(frozen=True)
class Remote:
    """An address at which nothing is, and the variables that have its server and its secret."""

    address: str
    server: str
    secret: str


@pytest.fixture(params=["s3", AZURE])
def remote(request: pytest.FixtureRequest) -> Remote:
    """A store with credentials."""
    address = request.getfixturevalue(request.param)
    if request.param == "azure":
        return Remote(address, "AZURE_STORAGE_ENDPOINT", "AZURE_STORAGE_ACCOUNT_KEY")
    return Remote(address, "AWS_ENDPOINT_URL_S3", "AWS_SECRET_ACCESS_KEY")


def put(bucket: Bucket, key: str, content: bytes, folder: Path) -> None:
    path = folder / "written"
    path.write_bytes(content)
    bucket.put(key, path)


def get(bucket: Bucket, key: str, folder: Path) -> bytes | None:
    return (folder / "read").read_bytes() if bucket.get(key, folder / "read") else None


def test_objects_are_written_once_and_read(bucket: Bucket, tmp_path: Path) -> None:
    key = "raw/project=10/20260301T120000000000Z-00000001-9b194925.parquet"
    assert get(bucket, key, tmp_path) is None
    assert not bucket.has(key)
    put(bucket, key, b"one", tmp_path)
    put(bucket, key, b"two", tmp_path)  # the same name is the same file
    assert get(bucket, key, tmp_path) == b"one"
    assert bucket.has(key)


def test_a_large_file_is_written_in_parts(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 2**20)
    content = bytes(range(256)) * 4 * 2**12 * 5
    put(bucket, "large", content, tmp_path)
    assert get(bucket, "large", tmp_path) == content
    assert bucket.sizes("") == {"large": len(content)}


def test_objects_are_listed_by_folder(bucket: Bucket, tmp_path: Path) -> None:
    for key in ("raw/project=1/a", "raw/project=10/b", "raw/project=10/c", "site/d"):
        put(bucket, key, b"xy", tmp_path)
    assert bucket.sizes("raw/project=1") == {"raw/project=1/a": 2}
    assert set(bucket.sizes("raw")) == {"raw/project=1/a", "raw/project=10/b", "raw/project=10/c"}
    assert {"raw", "site"} <= set(bucket.folders(""))  # some stores show empty folders, too
    assert bucket.folders("raw") == ["project=1", "project=10"]
    assert bucket.sizes("missing") == {}
    assert bucket.folders("missing") == []


@pytest.mark.prove
def test_more_objects_than_one_answer_lists(bucket: Bucket, tmp_path: Path) -> None:
    count = 1001 if bucket.address.startswith("s3") else 11
    for number in range(count):
        put(bucket, f"raw/{number}", b"x", tmp_path)
    assert len(bucket.sizes("raw")) == count


def test_objects_are_moved_and_deleted_and_missing_ones_passed_over(bucket: Bucket, tmp_path: Path) -> None:
    put(bucket, "raw/a", b"x", tmp_path)
    assert bucket.move("raw/a", "damaged/now/raw/a")
    assert not bucket.move("raw/a", "damaged/now/raw/a")
    assert get(bucket, "damaged/now/raw/a", tmp_path) == b"x"
    bucket.delete(["damaged/now/raw/a", "missing"])
    assert bucket.sizes("") == {}


def test_wrong_credentials_are_refused_in_words(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = base64.b64encode(b"not the key of the tests").decode()
    monkeypatch.setenv(remote.secret, wrong)
    with pytest.raises(StoreUnavailable, match=f"Could not look for a in {remote.address}") as caught:
        Bucket(remote.address).has("a")
    assert wrong not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "jira-assets doctor" in caught.value.instruction


@pytest.mark.parametrize("name", sampled(["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN"]))
def test_azure_says_what_it_refuses_without_the_credential(
    azure: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    secret = "sv=2021-12-02&ss=b&srt=co&sp=rl&se=2030-01-01&sig=bm90LXRoZS1rZXk%3D"
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv(name, secret)
    with pytest.raises(StoreUnavailable) as caught:
        Bucket(azure).sizes("")
    assert "bm90" not in str(caught.value)


def test_a_container_that_is_missing_is_named(azure: str) -> None:
    bucket = Bucket(azure.replace("//", "//no-"))
    for ask, action in [(bucket.probe, "write probe/"), (lambda: bucket.sizes(""), "list objects")]:
        with pytest.raises(
            StoreUnavailable, match=rf"Could not {action}.* az://no-tests/.*: ContainerNotFound"
        ):
            ask()


def test_a_store_that_refuses_and_loses_answers_is_asked_again(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = os.environ[remote.server]
    with faulty_store(endpoint, share=0.3) as between:
        monkeypatch.setenv(remote.server, between.endpoint + urlsplit(endpoint).path)
        bucket = Bucket(remote.address)
        expected = {f"raw/{number}": bytes([number]) * number for number in range(1, 13)}
        for key, content in expected.items():
            put(bucket, key, content, tmp_path)
        assert {key: get(bucket, key, tmp_path) for key in expected} == expected
        assert bucket.sizes("raw") == {key: len(content) for key, content in expected.items()}
        bucket.delete(list(expected))
        assert bucket.sizes("raw") == {}
        assert between.refused > 5
