"""Send a message by apprise, which knows Slack, Teams, e-mail, webhooks and many more."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from jira_assets.state.models import AlertMessage

HOW_TO_INSTALL = "python -m pip install apprise"


def is_installed() -> bool:
    """Return whether the optional package is there; it is not imported."""
    return find_spec("apprise") is not None


def target_of(url: str) -> str:
    """Return a digest that stands for a URL where the URL must not be kept."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def send(url: str, message: AlertMessage) -> str | None:
    """Send a message to one URL; return why it did not go through, or None.

    Neither the return value nor any log contains the URL, and nothing is raised. Services that cannot be
    reached end the attempt after some seconds.
    """
    with _silence():
        try:
            return _send(url, message)
        except Exception as error:  # its text may contain the URL
            return f"sending failed ({type(error).__name__})"


def _send(url: str, message: AlertMessage) -> str | None:
    import apprise  # late: it is optional, and loads a hundred plugins

    plugin = apprise.Apprise.instantiate(url)
    if not isinstance(plugin, apprise.NotifyBase):
        return "apprise does not accept this URL; for a webhook of your own write jsons://host/path"
    kind = apprise.NotifyType.SUCCESS if message.is_recovery else apprise.NotifyType.FAILURE
    is_sent = plugin.notify(
        title=message.title, body=message.body, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
    )
    return None if is_sent else "the service did not accept the message, or cannot be reached"


@contextmanager
def _silence() -> Iterator[None]:
    """Keep apprise from logging: its lines contain URLs. It also warns of Python's own old modules."""
    logger = logging.getLogger("apprise")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = was_disabled
