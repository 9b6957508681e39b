"""The site that is read: a generated one, served by a process of its own that counts what it is asked.

Prints its address and credentials as one line of JSON. Each line on its standard input is a command in JSON
that is answered by one line: `{"do": "count"}`, `{"do": "change", "issues": 100}` or
`{"do": "delete", "issues": 1}`. It ends with that input.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from itertools import cycle, islice
from random import Random

import click
import msgspec

from jira_assets.demo.data import DemoIssue
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.selection import Selection
from jira_assets.demo.site import DemoSite

SELECTIONS = ["*all"], ["*all", "-attachment", "-comment", "-worklog"]
"""What the contestants ask for: printed before the first of them comes."""


def build_site(seed: int, issues: int, projects: int, body_bytes: int) -> DemoSite:
    """Generate a site."""
    now_ms = int(time.time() * 1000)
    data = generate_site(seed, issues=issues, projects=projects, now_ms=now_ms, body_bytes=body_bytes)
    return DemoSite(data, seed=seed)


def print_everything(site: DemoSite) -> dict[str, int]:
    """Print every issue once and keep it encoded; return how many there are and their mean bytes.

    Otherwise the site, which shares the machine with who reads it, would decide the race.
    """
    site.warm()
    issues, changelogs = 0, 0
    for document in site.store.documents.values():
        issues += max(len(site.body(document, Selection.of(fields))) for fields in SELECTIONS)
        changelogs += sum(
            len(msgspec.json.encode(site.render.history(each))) for each in document.issue.histories
        )
    # A full collection over a million objects would stop the site for a second, whoever is asking.
    gc.collect()
    gc.freeze()
    count = len(site.store.documents)
    return {"issues": count, "issue_bytes": issues // count, "changelog_bytes": changelogs // count}


def take_counts(site: DemoSite) -> dict[str, object]:
    """Return requests by path, points, the most in flight and when the first came, since the last call."""
    journal = site.journal
    paths = dict(journal.counts)
    requests = sum(paths.values())
    came = journal.since(journal.total - requests)
    ago = (site.clock.now_ms() - came[0].at_ms) / 1000 if came else 0.0
    counts = {
        "requests": requests,
        "points": journal.points,
        "in_flight": journal.most_in_flight,
        "paths": paths,
        "first_at": time.time() - ago,
    }
    journal.counts.clear()
    journal.most_in_flight = journal.points = 0
    return counts


class Hand:
    """Changes issues in a random order, only those that no other issue shows."""

    def __init__(self, site: DemoSite, seed: int) -> None:
        self._site = site
        ids = list(site.store.documents)
        Random(seed).shuffle(ids)
        self._next = filter(None, map(self._alone, cycle(ids)))
        self._changed = 0

    def change(self, issues: int) -> dict[str, object]:
        """Give issues another summary; return the summaries by id, and the time."""
        summaries = {}
        for issue in islice(self._next, issues):
            self._changed += 1
            summaries[str(issue.id)] = summary = f"Summary {self._changed} of the benchmark"
            self._site.edit_issue(issue.id, summary=summary)
        return {"at": time.time(), "summaries": summaries}

    def delete(self, issues: int) -> dict[str, object]:
        """Delete issues; return their ids."""
        ids = [issue.id for issue in islice(self._next, issues)]
        for each in ids:
            self._site.delete_issue(each)
        return {"ids": [str(each) for each in ids]}

    def _alone(self, issue_id: int) -> DemoIssue | None:
        # Others that show it would be printed afresh, and the site would be slower than before the change.
        issue = self._site.store.get(issue_id)
        if issue is None or self._site.store.children(issue_id) or issue.fields.get("issuelinks"):
            return None
        return issue


@click.command()
@click.option("--seed", type=int, default=1)
@click.option("--issues", type=int, default=5000)
@click.option("--projects", type=int, default=2)
@click.option("--body-bytes", type=int, default=4000)
@click.option("--latency-ms", type=float, default=150.0)
@click.option("--printed/--unprinted", default=True, help="Print every issue before the first request.")
def main(seed: int, issues: int, projects: int, body_bytes: int, latency_ms: float, *, printed: bool) -> None:
    """Serve a generated site until standard input ends."""
    site = build_site(seed, issues, projects, body_bytes)
    with DemoServer(site, latency_ms=latency_ms) as server:
        sizes = print_everything(site) if printed else {"issues": issues}
        account = site.accounts.first
        keys = [project.key for project in site.catalog.visible_projects()]
        who = {"url": server.url, "email": account.email, "token": account.token}
        _say({**who, "projects": keys, **sizes})
        hand = Hand(site, seed)
        for line in sys.stdin:
            _say(_obey(site, hand, **json.loads(line)))


def _obey(site: DemoSite, hand: Hand, do: str, issues: int = 0) -> dict[str, object]:
    match do:
        case "change":
            return hand.change(issues)
        case "delete":
            return hand.delete(issues)
        case _:
            return take_counts(site)


def _say(document: dict[str, object]) -> None:
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main()
