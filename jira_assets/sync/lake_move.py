"""Move the lake of a home, with those of its further sites, while no process works on any project."""

from __future__ import annotations

import resource
from contextlib import ExitStack

from jira_assets.lake.lake import Lake
from jira_assets.lake.locks import OnWait
from jira_assets.lake.move import PURPOSE, Move, Moved
from jira_assets.lake.storage.storage import SITE, Storage
from jira_assets.state import ConnectedSite
from jira_assets.sync.worklog_files import LOCK


def move_lake(source: Storage, target: Storage, sites: list[ConnectedSite], on_wait: OnWait) -> Moved:
    """Hold everything, check that nothing newer is there, then copy.

    Raises `InputError` or `WrongSite`, before anything is changed, where the new place is not free.
    """
    _allow_many_files()
    places = [(_within(source, site), _within(target, site)) for site in sites]
    with ExitStack() as held:
        for place, _ in places:
            lake = Lake(place)
            # The site comes last: a sync that holds a project waits for the tables of the site.
            for name in (*lake.project_ids(), LOCK, SITE):
                held.enter_context(lake.lock(name, PURPOSE, on_wait=on_wait))
        moves = [Move(place, other) for place, other in places]
        for move in moves:
            move.check()
        return sum((move.go() for move in moves), Moved())


def _within(storage: Storage, site: ConnectedSite) -> Storage:
    return storage if site.is_first else storage.within(site.folder)


def _allow_many_files() -> None:
    """Allow this process a lock file for each of very many projects."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
