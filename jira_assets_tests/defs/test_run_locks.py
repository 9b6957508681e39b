"""On a lake that hosts share, each host sees which runs of the others are alive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jira_assets.defs.run_locks import LocalRunLocks, SharedRunLocks, run_locks
from jira_assets.settings.load import load_settings
from jira_assets.state import State
from jira_assets_tests.shared_place import SharedPlace


@pytest.fixture
def hosts(shared: SharedPlace) -> Iterator[tuple[SharedRunLocks, SharedRunLocks]]:
    """The locks as two hosts see them."""
    with State.open(shared.state_url) as one, State.open(shared.state_url) as other:
        yield SharedRunLocks(one, shared.address), SharedRunLocks(other, shared.address)


def test_a_run_of_another_host_is_alive_while_its_process_is(
    hosts: tuple[SharedRunLocks, SharedRunLocks],
) -> None:
    here, there = hosts
    assert here.is_held("1") is None
    there.hold("1")
    there.hold("1")
    assert here.is_held("1") is True

    there.hold("2")  # a process works on one run at a time
    assert here.is_held("1") is None
    assert here.is_held("2") is True


def test_a_run_whose_host_died_is_dead_when_its_lease_ran_out(
    hosts: tuple[SharedRunLocks, SharedRunLocks], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = hosts
    with monkeypatch.context() as patch:
        patch.setattr("jira_assets.lake.storage.leases.LEASE_SECONDS", -1.0)
        patch.setattr("jira_assets.lake.storage.leases.RENEWALS", -0.01)
        there.hold("1")
    here.hold("2")
    assert here.is_held("1") is False

    here.sweep({"1"})
    assert here.is_held("1") is False  # Dagster still shows it as started
    here.sweep(set())
    assert here.is_held("1") is None
    assert there.is_held("2") is True


def test_which_locks_a_home_uses(shared: SharedPlace) -> None:
    home = {"home": str(shared.folder)}
    assert isinstance(run_locks(load_settings(home, {}, dotenv=None)), LocalRunLocks)
    locks = run_locks(load_settings({**home, **shared.settings}, {}, dotenv=None))
    assert isinstance(locks, SharedRunLocks)
