"""What a real webhook receives by apprise, and what is said when it does not."""

from __future__ import annotations

import logging

import pytest

from jira_assets.alerts.send import is_installed, send
from jira_assets.state import AlertMessage
from jira_assets_tests.alerts.webhook import Webhook

MESSAGE = AlertMessage("jira_assets, acme: PAY", "New:\n- PAY <b>failed</b> & *more*", is_recovery=False)

pytestmark = pytest.mark.skipif(not is_installed(), reason="apprise is not installed: pip install apprise")


def test_the_webhook_receives_the_message_as_it_was_written(webhook: Webhook) -> None:
    assert send(webhook.url, MESSAGE) is None
    (received,) = webhook.received
    assert (received["title"], received["message"], received["type"]) == (
        MESSAGE.title,
        MESSAGE.body,
        "failure",
    )


def test_a_recovery_is_of_another_type(webhook: Webhook) -> None:
    assert send(webhook.url, AlertMessage("t", "b", is_recovery=True)) is None
    assert webhook.received[0]["type"] == "success"


def test_a_refusal_is_said_without_the_url(webhook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    webhook.status = 403
    with caplog.at_level(logging.DEBUG):
        failure = send(webhook.url, MESSAGE)
        closed = send("json://me:PLANTED-pass@127.0.0.1:9/PLANTED-path", MESSAGE)
    assert failure == closed == "the service did not accept the message, or cannot be reached"
    apprise_lines = [record.getMessage() for record in caplog.records if record.name.startswith("apprise")]
    assert apprise_lines == []
    assert "PLANTED" not in caplog.text.replace("/PLANTED-path HTTP", "")


@pytest.mark.parametrize("url", ["nonsense://PLANTED", "https://example.com/PLANTED", "slack://PLANTED"])
def test_a_url_that_apprise_does_not_know_is_said(url: str) -> None:
    failure = send(url, MESSAGE)
    assert failure == "apprise does not accept this URL; for a webhook of your own write jsons://host/path"
