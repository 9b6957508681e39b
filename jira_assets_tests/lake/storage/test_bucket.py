"""A folder and a store that speaks S3 do the same with objects; what they refuse is said without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from jira_assets.errors import StoreUnavailable
from jira_assets.lake.storage import bucket as module
from jira_assets.lake.storage.bucket import Bucket
from jira_assets_tests.network_faults import faulty_store
from jira_assets_tests.object_store import KEY, ObjectStore


@pytest.fixture(params=["folder", "S3"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """An empty place in a store."""
    return Bucket(f"file://{tmp_path}/store" if request.param == "folder" else request.getfixturevalue("s3"))


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


def test_wrong_credentials_are_refused_in_words(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"not-{KEY}")
    with pytest.raises(StoreUnavailable, match="Could not look for a in s3://tests") as caught:
        Bucket(s3).has("a")
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "jira-assets doctor" in caught.value.instruction


def test_a_store_that_refuses_and_loses_answers_is_asked_again(
    object_store: ObjectStore, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty_store(object_store.endpoint, share=0.3) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", between.endpoint)
        bucket = Bucket(s3)
        expected = {f"raw/{number}": bytes([number]) * number for number in range(1, 13)}
        for key, content in expected.items():
            put(bucket, key, content, tmp_path)
        assert {key: get(bucket, key, tmp_path) for key in expected} == expected
        assert bucket.sizes("raw") == {key: len(content) for key, content in expected.items()}
        bucket.delete(list(expected))
        assert bucket.sizes("raw") == {}
        assert between.refused > 5
