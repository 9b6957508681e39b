"""The client and the demo site over HTTP: everything is read, whatever goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from jira_assets.demo.accounts import AS_BASIC, AS_BEARER
from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.errors import (
    AuthenticationError,
    EndpointRemoved,
    Forbidden,
    IncompleteRead,
    ScopeMissing,
    SearchTokenExpired,
    UnknownProject,
)
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import BasicToken, Bearer, Connection, GatewayToken, JiraCredential
from jira_assets.jira.http import Transport

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = BasicToken("demo@example.com", "demo-token")
FIELDS = ["*all", "-comment"]

Connect = Callable[..., JiraClient]


@pytest.fixture
def site() -> DemoSite:
    return DemoSite(generate_site(11, projects=3, issues=120, now_ms=epoch_ms(NOW)), clock=VirtualClock(NOW))


@pytest.fixture
def connect(site: DemoSite) -> Iterator[Connect]:
    """Serve the site and give clients for it, with any credential, at the site or at the gateway."""
    with ExitStack() as stack:
        server = stack.enter_context(DemoServer(site))

        def client(
            credential: JiraCredential = TOKEN, *, gateway: bool = False, **options: Any
        ) -> JiraClient:
            cloud_id = site.cloud_id if gateway else None
            connection = Connection(server.url, credential, cloud_id, server.url)
            transport = Transport(connection, clock=site.clock.now, sleep=site.clock.sleep, **options)
            stack.callback(transport.close)
            return JiraClient(transport)

        yield client


def read_everything(client: JiraClient, site: DemoSite) -> dict[str, tuple[str, datetime | None]]:
    found: dict[str, tuple[str, datetime | None]] = {}
    for project in client.fetch_projects():
        for page in client.search(f"project = {project.id} order by created", fields=FIELDS, page_size=20):
            found.update({issue.id: (issue.key, issue.updated) for issue in page})
    return found


def truth(site: DemoSite) -> dict[str, tuple[str, datetime]]:
    return {issue.id: (issue.key, issue.updated) for issue in site.issues_truth().values()}


def test_a_whole_site_is_read(site: DemoSite, connect: Connect) -> None:
    client = connect()
    assert read_everything(client, site) == truth(site)
    for project in client.fetch_projects():
        jql = f"project = {project.id}"
        refs = [head for page in client.search_refs(jql) for head in page]
        assert {head.project_key for head in refs} == {project.key}
        assert client.approximate_count(jql) == len(refs)


def test_short_and_empty_pages_lose_nothing(site: DemoSite, connect: Connect) -> None:
    site.switches.short_pages = site.switches.omit_is_last = True
    assert read_everything(connect(), site) == truth(site)


def test_the_whole_changelog_comes_in_order(site: DemoSite, connect: Connect) -> None:
    expected = {issue.id: issue.changes for issue in site.issues_truth().values()}
    client = connect()
    printed = client.fetch_changelogs(list(expected)).histories
    assert {issue_id: len(histories) for issue_id, histories in printed.items()} == expected
    site.switches.changelog_epoch = True
    numbers = client.fetch_changelogs(list(expected)).histories
    assert {key: len(histories) for key, histories in numbers.items()} == expected


@pytest.mark.parametrize(
    ("credential", "gateway"),
    [(TOKEN, False), (TOKEN, True), (Bearer(lambda: "demo-bearer"), True)],
    ids=["site", "gateway", "bearer"],
)
def test_every_way_in_leads_to_the_same_account(
    connect: Connect, credential: BasicToken | Bearer, gateway: bool
) -> None:
    client = connect(credential, gateway=gateway)
    assert client.prove_identity(None).email == "demo@example.com"
    assert client.fetch_tenant_info().cloud_id
    assert client.fetch_server_info().deployment_type == "Cloud"


@pytest.mark.parametrize("sent_as", [AS_BASIC, AS_BEARER])
def test_the_gateway_is_asked_in_which_form_it_takes_a_token_of_the_settings(
    site: DemoSite, connect: Connect, sent_as: frozenset[str]
) -> None:
    account = site.add_service_account(sent_as=sent_as)
    client = connect(GatewayToken(account.email, account.token), gateway=True)
    assert client.prove_identity(None).account_type == "app"
    first = client.transport.requests
    list(client.fetch_projects())
    client.fetch_fields()
    assert first == (1 if sent_as == AS_BASIC else 2)
    assert client.transport.requests == first + 2
    site.accounts.revoke(account)
    with pytest.raises(AuthenticationError, match="did not accept the API token of sync-bot@"):
        client.fetch_identity()


@pytest.mark.parametrize("gateway", [False, True])
def test_a_wrong_token_is_an_authentication_error(connect: Connect, gateway: bool) -> None:
    client = connect(BasicToken("demo@example.com", "wrong"), gateway=gateway)
    with pytest.raises(AuthenticationError, match="did not accept the API token"):
        client.fetch_identity()


def test_dead_credentials_are_noticed_wherever_they_are_used(site: DemoSite, connect: Connect) -> None:
    site.switches.dead_credentials = True
    client = connect()
    questions: list[Callable[[], object]] = [
        client.fetch_identity,
        client.fetch_fields,
        lambda: list(client.fetch_projects()),
        lambda: list(client.search("project = PAY", fields=["summary"])),
        lambda: list(client.search_refs("project = PAY")),
        lambda: client.approximate_count("project = PAY"),
        lambda: client.fetch_issues(["1"], fields=["summary"]),
        lambda: client.fetch_changelogs(["1"]),
    ]
    for question in questions:
        with pytest.raises(AuthenticationError, match="did not accept the API token"):
            question()
    assert client.transport.requests == len(questions)


def test_a_token_without_the_scope_says_so(site: DemoSite, connect: Connect) -> None:
    site.add_account(
        "bob@example.com", "bobs-token", scopes=frozenset({"read:jira-work", "read:jira-user"}), scoped=True
    )
    client = connect(BasicToken("bob@example.com", "bobs-token"), gateway=True)
    assert client.fetch_identity().email == "bob@example.com"
    with pytest.raises(ScopeMissing, match="with the scopes read:jira-work and read:jira-user"):
        client.fetch_sprint(1)
    with pytest.raises(AuthenticationError, match="API token of bob"):
        connect(BasicToken("bob@example.com", "bobs-token")).fetch_identity()


def test_what_is_gone_or_moved_is_told_apart(site: DemoSite, connect: Connect) -> None:
    client = connect()
    here, there, *_ = [project.key for project in client.fetch_projects()]
    gone, moved, stays = list(site.issues_truth(here).values())[:3]
    site.delete_issue(gone.key)
    site.move_issue(moved.key, there)
    fetched = client.fetch_issues([gone.id, moved.id, stays.id], fields=["summary"])
    assert fetched.not_returned == {gone.id}
    assert {issue.id: issue.project_key for issue in fetched.issues} == {moved.id: there, stays.id: here}


def test_issues_that_jira_hesitates_to_give_are_asked_for_again(site: DemoSite, connect: Connect) -> None:
    ids = list(truth(site))[:20]
    client = connect()
    site.switches.retriable_issue_errors = 5
    assert len(client.fetch_issues(ids, fields=FIELDS).issues) == 20
    site.switches.retriable_issue_errors = 50
    assert client.fetch_issues(ids, fields=FIELDS).unreadable.keys() == set(ids)


def test_an_unknown_project_is_named(connect: Connect) -> None:
    with pytest.raises(UnknownProject) as caught:
        connect().approximate_count("project = NOPE and created >= 0")
    assert caught.value.facts["projects"] == ["NOPE"]


def test_the_search_that_was_removed_says_so(connect: Connect) -> None:
    with pytest.raises(EndpointRemoved, match="Upgrade jira_assets"):
        connect().transport.request("GET", "/rest/api/3/search", params={"jql": "project = PAY"})


def test_a_search_whose_pages_are_gone_has_to_start_again(site: DemoSite, connect: Connect) -> None:
    project = next(iter(site.issues_truth().values())).project_id
    pages = connect().search(f"project = {project}", fields=FIELDS, page_size=5)
    next(pages)
    site.tokens.expire()
    with pytest.raises(SearchTokenExpired, match="Repeat the search from the first page"):
        next(pages)


@pytest.mark.parametrize("switch", ["repeat_token", "search_warnings"])
def test_pages_that_do_not_add_up_are_an_error(site: DemoSite, connect: Connect, switch: str) -> None:
    setattr(site.switches, switch, True)
    project = next(iter(site.issues_truth().values())).project_id
    pages = connect().search(f"project = {project}", fields=FIELDS, page_size=5)
    with pytest.raises(IncompleteRead, match="search response may be incomplete"):
        list(islice(pages, 100))


def test_rights_that_are_missing_are_named(site: DemoSite, connect: Connect) -> None:
    client = connect()
    assert len(list(client.fetch_users())) > 3
    site.switches.users_forbidden = site.switches.agile_forbidden = True
    with pytest.raises(Forbidden, match="Ask a Jira admin to give the API token"):
        list(client.fetch_users())
    with pytest.raises(Forbidden, match="Ask a Jira admin to give the API token"):
        client.fetch_boards("10000")


def test_sprints_are_read_as_they_are_now(site: DemoSite, connect: Connect) -> None:
    client = connect()
    boards = [board for project in client.fetch_projects() for board in client.fetch_boards(project.id)]
    sprints = [sprint for board in boards for sprint in client.fetch_board_sprints(board.id)]
    active = next(sprint for sprint in sprints if sprint.state == "active")
    site.close_sprint(active.id)
    assert client.fetch_sprint(active.id).state == "closed"
    assert client.fetch_sprint(active.id).complete_date


def test_a_spent_quota_stops_everybody_until_the_reset(site: DemoSite, connect: Connect) -> None:
    site.faults.add(faults.quota_limit(timedelta(minutes=25), count=1))
    client = connect()
    mark = site.journal.mark()
    client.fetch_fields()
    client.fetch_statuses()
    first, *others = site.requests_since(mark)
    assert len(others) == 2
    # The reset is named to the minute, so up to one minute may be missing.
    assert all(other.at_ms - first.at_ms >= 24 * 60_000 for other in others)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_at_once_everything_is_read_and_nobody_comes_back_early(
    site: DemoSite, connect: Connect, seed: int
) -> None:
    client = connect(max_in_flight=4)
    ids = list(truth(site))
    site.faults.add(*faults.every_fault(0.1, retry_after=40))
    batches = [ids[start : start + 10] for start in range(seed, len(ids), 10)]
    with ThreadPoolExecutor(8) as pool:
        fetched = list(pool.map(lambda batch: client.fetch_issues(batch, fields=FIELDS), batches))
    assert read_everything(client, site) == truth(site)
    assert {issue.id for answer in fetched for issue in answer.issues} == set(ids[seed:])
    assert site.faults.happened > 5
    assert site.early_returns == []
    assert site.journal.most_in_flight <= 4
    assert client.transport.requests == site.journal.total
