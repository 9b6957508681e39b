"""Wait for a condition in another thread or process; nothing else in the tests sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 60
"""Far more than a condition needs on a busy machine: only a failure waits so long."""
_BETWEEN_LOOKS = 0.02


def wait_until(is_so: Callable[[], object], seconds: float = SECONDS) -> None:
    """Return as soon as the condition holds; raise `AssertionError` when it does not in time."""
    give_up = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up:
            raise AssertionError(f"That did not happen within {seconds:g} seconds.")
        time.sleep(_BETWEEN_LOOKS)
