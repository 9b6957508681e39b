"""Serve a demo site over HTTP: keep-alive, a thread for each connection, one write for each answer."""

from __future__ import annotations

import threading
from types import TracebackType

from jira_assets.demo.http.handler import SiteHandler, SiteHttp
from jira_assets.demo.site import DemoSite


class DemoServer:
    """A demo site on a port of this machine; use it as a context manager or start and stop it."""

    def __init__(self, site: DemoSite, *, port: int = 0, latency_ms: float | None = None) -> None:
        self.site = site
        if latency_ms is not None:
            site.latency_ms = latency_ms
        self._http = SiteHttp(("127.0.0.1", port), SiteHandler)
        self._http.site = site
        self.port: int = self._http.server_address[1]
        site.render.base_url = self.url
        site.render.forget()
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return the address of the site, which is also that of the gateway (JIRA_API_URL)."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway_url(self) -> str:
        """Return the address below which the gateway serves this site."""
        return f"{self.url}/ex/jira/{self.site.cloud_id}"

    def start(self) -> DemoServer:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering, close every connection and wait for the threads."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def __enter__(self) -> DemoServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
