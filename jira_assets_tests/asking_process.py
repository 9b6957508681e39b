"""A process that asks a site for ever, with as many requests at a time as it may.

`python -m jira_assets_tests.asking_process NAME SHARE_SECONDS` takes its settings from the environment; its
requests have the name.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from jira_assets.jira.http import Transport
from jira_assets.settings.load import load_settings
from jira_assets.state import State
from jira_assets.sync import in_flight_shared
from jira_assets.sync.transport import open_transport

THREADS = 8


def ask_for_ever(transport: Transport, name: str) -> None:
    """Ask one question after the other."""
    while True:
        transport.request("GET", "/rest/api/3/myself", params={"from": name})


def main() -> None:
    """Do as the module says."""
    name, seconds = sys.argv[1:]
    in_flight_shared.SHARE_SECONDS = float(seconds)
    settings = load_settings(dotenv=None)
    with (
        State.open(settings.state_url) as state,
        closing(open_transport(settings, state)) as transport,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        for asking in [pool.submit(ask_for_ever, transport, name) for _ in range(THREADS)]:
            asking.result()


if __name__ == "__main__":
    main()
