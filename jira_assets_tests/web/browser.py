"""A page that is served for real, and Debian's Chromium to look at it with."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect, sync_playwright
from starlette.types import ASGIApp

from build_backend.charts import build_bundle
from jira_assets.web.static_files import has_charts
from jira_assets_tests.programs import NODE_MODULES, find_chromium

AXE = NODE_MODULES / "axe-core" / "axe.min.js"


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Start Chromium, with options of its command line; skip the test where there is none."""
    program = find_chromium()
    if not has_charts():
        build_bundle()
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=[*sandbox, *options])
        yield browser
        browser.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of this machine, and give its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@dataclass
class Visit:
    """A person's look at the page, in a browser of their own; what went wrong on the way is kept."""

    page: Page
    address: str
    trouble: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page and wait until everything of it has arrived."""
        self.page.goto(f"{self.address}{path}", wait_until="networkidle")

    def see_all(self) -> None:
        """Scroll down to the end, so that every panel comes into view, and wait until all are drawn."""
        for panel in self.page.query_selector_all("[data-panel]"):
            panel.scroll_into_view_if_needed()
        expect(self.page.locator("[data-panel][aria-busy]")).to_have_count(0, timeout=20_000)

    def complaints(self, *rules: str) -> list[str]:
        """Ask axe what is wrong with the page for somebody who cannot see or use a mouse."""
        # Evaluated by the debugger, which the page's policy against foreign script does not concern.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        chosen = {"runOnly": list(rules)} if rules else {}
        found = self.page.evaluate(
            "(chosen) => axe.run(document, { resultTypes: ['violations'], ...chosen })", chosen
        )
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]


@contextmanager
def visit(browser: Browser, address: str, **options: object) -> Iterator[Visit]:
    """Come to the page with the network cut: a request to anywhere else is noted and goes nowhere."""
    context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]  # as Playwright names them
    opened = Visit(context.new_page(), address)

    def only_here(route: Route, request: Request) -> None:
        if request.url.startswith(address):
            route.continue_()
        else:
            opened.elsewhere.append(request.url)
            route.abort()

    context.route("**/*", only_here)
    opened.page.on("pageerror", lambda error: opened.trouble.append(str(error)))
    opened.page.on(
        "console",
        lambda message: opened.trouble.append(message.text) if message.type == "error" else None,
    )
    opened.page.set_default_timeout(20_000)
    yield opened
    context.close()
