"""One way to Jira for everything: signed, counted, at most so many at once, patient when it has to wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from requests import RequestException

from jira_assets.clock import utc_now
from jira_assets.errors import Cancelled, JiraAssetsError, JiraUnavailable, RateLimited, ScopeMissing
from jira_assets.jira.connection import Connection, open_session
from jira_assets.jira.connection_errors import host_unreachable, unreachable
from jira_assets.jira.error_mapping import error_from, login_failed
from jira_assets.jira.in_flight import InFlightLimit, ProcessLimit
from jira_assets.jira.quota import PointsLedger
from jira_assets.jira.rate_limits import Limit, backoff, read_limit
from jira_assets.jira.request_counter import RequestCount, counting, tallies
from jira_assets.jira.response import Response
from jira_assets.jira.retry_budget import LONGEST_WAIT, RetryBudget, current_retry_budget
from jira_assets.jira.text import valid_text
from jira_assets.jira.throttle import WHOLE_SITE, MemoryPauseStore, Pause, PauseStore, Wait, endpoint_of

Params = Mapping[str, str | int | Sequence[str]]

MAX_IN_FLIGHT = 8
# Where every second answer fails, one request in 60,000 fails so often in a row; some six minutes of waiting.
ATTEMPTS = 16
# An address that never answered is more likely wrong than unlucky.
ATTEMPTS_TO_REACH = 3
# A quota is full again at the next full hour, so an hour and a little is worth waiting for.
PATIENCE = timedelta(minutes=70)
PATIENCE_FOR_A_SLOT = timedelta(minutes=1)
_LOOK_SECONDS = 0.25
_CONNECT_AND_READ_SECONDS = (10, 60)
_PIECE = 2**16
# The gateway answers an expired token now and then as if the thing were forbidden or not there.
_TOKEN_REFUSED = {401, 403, 404}

_log = logging.getLogger(__name__)


@dataclass
class _Call:
    """One request on its way, over all its attempts."""

    method: str
    path: str
    params: Params | None
    body: bytes | None
    endpoint: str
    not_before: Pause | None = None
    waited_until: datetime | None = None
    token: str = field(default="", repr=False)
    renewed: bool = False
    patience: RetryBudget | None = field(default_factory=current_retry_budget)
    failures: list[JiraAssetsError] = field(default_factory=list)
    has_few_failures: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether it ends within a minute or two, so that its waits are short."""
        return self.patience is not None or self.has_few_failures


_NO_CONNECTION = Limit("request", 0.0, "back-off because Jira could not be reached")


@dataclass(frozen=True)
class _Setback:
    """An attempt that failed for a reason that may pass."""

    error: JiraAssetsError
    limit: Limit = field(default=Limit("request", 0.0, "back-off after an incomplete response"))
    host_unreachable: bool = False
    at_once: bool = False


class Transport:
    """Ask Jira; safe to use from many threads, which then share its limits.

    `timeouts` are seconds to connect and to wait for data. `sleep` has to let `clock` pass. Every attempt
    counts as a request. `in_flight` is a limit that holds for more than this transport. `on_wait` hears of
    every wait. Once `cancelled` is set, nothing more is asked: calls end with `Cancelled`, waits end early.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        in_flight: InFlightLimit | None = None,
        max_in_flight: int = MAX_IN_FLIGHT,
        attempts: int = ATTEMPTS,
        patience: timedelta = PATIENCE,
        timeouts: tuple[float, float] = _CONNECT_AND_READ_SECONDS,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], object] | None = None,
        cancelled: threading.Event | None = None,
        pause: PauseStore | None = None,
        on_wait: Callable[[Wait], None] | None = None,
        ledger: PointsLedger | None = None,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.total = RequestCount()
        self._attempts = attempts
        self._patience = patience
        self._timeouts = timeouts
        self._cancelled = threading.Event()
        self._ended = cancelled or threading.Event()
        """Set by the caller: it ends other transports as well, so it is never set here."""
        self._sleep = sleep or self._rest
        self._pauses: PauseStore = pause if pause is not None else MemoryPauseStore()
        self._on_wait = on_wait
        self._ledger = ledger
        self._in_flight = in_flight or ProcessLimit(max_in_flight)
        self._reached = False
        self._session = open_session(connection, pool_size=max_in_flight)

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self.total.requests

    @contextmanager
    def counted(self) -> Iterator[RequestCount]:
        """Count the requests made inside, also by threads that run in a copy of this context."""
        with counting() as tally:
            yield tally

    def spend(self, points: int) -> None:
        """Count what the objects of an answer cost of Jira's quota; the request itself is counted here."""
        if self._ledger is not None:
            self._ledger.spend(points)

    def cancel(self) -> None:
        """End every call that is not in flight yet with `Cancelled`."""
        self._cancelled.set()

    def _is_cancelled(self) -> bool:
        return self._cancelled.is_set() or self._ended.is_set()

    def _rest(self, seconds: float) -> None:
        """Wait, but not longer than until the calls are cancelled."""
        until = time.monotonic() + seconds
        while not self._is_cancelled() and (left := until - time.monotonic()) > 0:
            self._cancelled.wait(min(left, 0.25))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        self._in_flight.close()
        if self._ledger is not None:
            self._ledger.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object | None = None,
        failures: int | None = None,
    ) -> Response:
        """Ask Jira and give its answer, one whole JSON document.

        Raises the error that `refusals.error_from` chooses; JiraUnavailable or RateLimited only after all
        attempts, when Jira asks for more patience than there is, or when the `RetryBudget` of the present
        context is over. `failures` is how many attempts may fail for another reason than a rate limit, where
        that is fewer: a large request that fails again and again is better divided than repeated.
        """
        body = None if json is None else msgspec.json.encode(json)
        call = _Call(method, path, params, body, endpoint_of(method, path))
        call.has_few_failures = failures is not None
        if call.patience:
            call.patience.check(call.endpoint)
        for attempt in range(1, self._attempts + 1):
            outcome = self._attempt(call)
            if isinstance(outcome, _Setback) and outcome.at_once:  # no attempt failed: the token was old
                outcome = self._attempt(call)
            if isinstance(outcome, Response):
                if call.patience:
                    call.patience.answered(call.endpoint)
                return outcome
            setback = outcome
            if setback.host_unreachable and not self._reached and attempt >= ATTEMPTS_TO_REACH:
                break
            wait = self._wait_after(call, setback, attempt)
            is_worth_it = self._is_worth_it(call, setback, wait)
            # Also when this call ends: others obey what Jira says.
            self._stay_away(call, setback.limit, self.clock() + wait)
            if failures is not None and not isinstance(setback.error, RateLimited):
                failures -= 1
                is_worth_it = is_worth_it and failures > 0
            if not is_worth_it:
                break
        raise setback.error

    def _attempt(self, call: _Call) -> Response | _Setback:
        with self._slot(call):
            self._count(requests=1)
            self.spend(1)
            try:
                answer = self._send(call)
            except (JiraUnavailable, RateLimited) as error:  # no new token could be had
                return _Setback(error)
            except (RequestException, ValueError) as error:
                lost = unreachable(error, call.endpoint, self.connection.base_url)
                if host_unreachable(error):
                    return _Setback(lost, _NO_CONNECTION, host_unreachable=True)
                return _Setback(lost)
        self._reached = True
        return self._judge(call, answer)

    def _send(self, call: _Call) -> Response:
        with self._session.request(
            call.method,
            self.connection.address(call.path),
            params=call.params,
            data=call.body,
            headers={"Content-Type": "application/json"} if call.body is not None else None,
            timeout=self._timeouts,
            # A redirect loses the credential on its way, and what comes back is a login page.
            allow_redirects=False,
            stream=True,
        ) as response:
            call.token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
            # In large pieces: left alone, requests reads ten kilobytes at a time.
            body = valid_text(b"".join(response.iter_content(_PIECE)))
        url = (response.url or "").partition("?")[0]
        _log.debug("%s %s → %s", call.method, url, response.status_code)
        return Response(response.status_code, response.headers, body, call.method, url)

    def _judge(self, call: _Call, answer: Response) -> Response | _Setback:
        """Distinguish a good answer from one worth another attempt; raise when another cannot help."""
        # Anyone who failed to log in may get 200 with nothing in it: the status alone proves nothing.
        if 200 <= answer.status < 300 and not login_failed(answer) and answer.is_json():
            return answer
        error = error_from(answer, str(self.connection.credential))
        if isinstance(error, JiraUnavailable | RateLimited):
            return _Setback(error, read_limit(answer, self.clock()))
        if self._renewed(call, answer, error):
            return _Setback(error, at_once=True)
        raise error

    def _renewed(self, call: _Call, answer: Response, error: JiraAssetsError) -> bool:
        """Renew an OAuth token that was refused, once a call; return whether there is another to try with."""
        renew = getattr(self.connection.credential, "renew", None)
        if renew is None or call.renewed or answer.status not in _TOKEN_REFUSED:
            return False
        if isinstance(error, ScopeMissing):
            return False
        call.renewed = True
        return bool(renew(call.token, answer.status))

    def _wait_after(self, call: _Call, setback: _Setback, attempt: int) -> timedelta:
        """Choose how long to wait: at least as long as Jira says."""
        ours = min(backoff(attempt), LONGEST_WAIT) if call.is_bounded else backoff(attempt)
        return timedelta(seconds=max(setback.limit.seconds, ours))

    def _is_worth_it(self, call: _Call, setback: _Setback, wait: timedelta) -> bool:
        """Return whether to ask again; a quota that is spent says nothing of the endpoint."""
        if call.patience is None or setback.limit.scope == "site":
            return True
        call.failures.append(setback.error)
        return call.patience.lasts(call.endpoint, call.failures, self.clock(), wait)

    def _stay_away(self, call: _Call, limit: Limit, until: datetime) -> None:
        """Close what has to stay closed for a while."""
        call.not_before = Pause(until, limit.reason)
        if limit.scope == "site":
            self._pauses.pause(until, limit.reason)
        elif limit.scope == "endpoint":
            self._pauses.pause(until, limit.reason, call.endpoint)

    @contextmanager
    def _slot(self, call: _Call) -> Iterator[None]:
        """Hold one of the places in flight, once nothing asks this call to wait; never wait in one."""
        while True:
            self._acquire_slot()
            try:
                if self._is_cancelled():
                    raise Cancelled
                held_back = self._held_back(call)
                if held_back is None:
                    yield
                    return
            finally:
                self._in_flight.release()
            self._wait(call, held_back)

    def _acquire_slot(self) -> None:
        give_up = time.monotonic() + max(self._patience, PATIENCE_FOR_A_SLOT).total_seconds()
        while not self._in_flight.acquire(_LOOK_SECONDS):
            if self._is_cancelled():
                raise Cancelled
            if time.monotonic() >= give_up:
                raise RateLimited(
                    "Other processes have as many requests in flight as the site may get at a time.",
                    "Try again when another sync has ended.",
                )

    def _held_back(self, call: _Call) -> Pause | None:
        """Return what this call has to wait for, None when it may go."""
        pauses = self._pauses.all()
        found = [call.not_before, pauses.get(call.endpoint), pauses.get(WHOLE_SITE)]
        last = max((pause for pause in found if pause), default=None)
        if last is None or last.until <= self.clock():
            return None
        # Clocks may disagree with sleeping by a hair; what was slept through is over.
        return last if call.waited_until is None or last.until > call.waited_until else None

    def _wait(self, call: _Call, pause: Pause) -> None:
        until, reason = pause.until, pause.reason
        seconds = max((until - self.clock()).total_seconds(), 0.0)
        if seconds > self._patience.total_seconds() or self._is_closed_too_long(call, until):
            raise RateLimited(
                f"Requests to Jira are paused until {until:%Y-%m-%d %H:%M} UTC: {reason}.",
                "Try again after that time. No data is lost.",
                until=until.isoformat(),
            )
        if self._on_wait:
            self._on_wait(Wait(call.endpoint, seconds, until, reason))
        self._count(seconds=seconds)
        self._sleep(seconds)
        call.waited_until = until

    def _is_closed_too_long(self, call: _Call, until: datetime) -> bool:
        """Return whether an endpoint, not the whole site, is closed for longer than its answer is worth."""
        of_site = self._pauses.all().get(WHOLE_SITE)
        if call.patience is None or (of_site is not None and until == of_site.until):
            return False
        return call.not_before is None and not call.patience.waits_until(until)

    def _count(self, requests: int = 0, seconds: float = 0.0) -> None:
        for tally in (self.total, *tallies()):
            tally.add(requests, seconds)
