"""Notifications: send short messages to the user's addresses with apprise.

An address contains secrets (a bot token, a password). It is kept in memory and passed to apprise, and it is never
written to a log, an error or the state file. Elsewhere it is identified by its fingerprint, and for the user by its
number.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hedge_core.errors import InvalidInput
from hedge_core.monitoring.alerts import Severity

if TYPE_CHECKING:
    from apprise import Apprise

SETTING = "HEDGE_NOTIFY"
MAX_TITLE = 120
MAX_BODY = 2_000
MAX_ADDRESSES = 20

_TALKATIVE = ("apprise", "urllib3", "urllib3.connectionpool", "requests")
"""Loggers that would log addresses or parts of them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send. Unprintable characters become spaces; title and body are cut to MAX_TITLE and MAX_BODY."""

    title: str
    body: str
    severity: Severity = "info"

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", _cut(_clean(self.title), MAX_TITLE))
        lines = (_clean(line) for line in self.body.split("\n"))
        object.__setattr__(self, "body", _cut("\n".join(lines).strip(), MAX_BODY))


def addresses(given: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the addresses given, else those in HEDGE_NOTIFY, separated by spaces or lines, without duplicates."""
    values = os.environ if environment is None else environment
    found = [text.strip() for text in given] or values.get(SETTING, "").split()
    return tuple(dict.fromkeys(text for text in found if text))


def fingerprint(address: str) -> str:
    """Return a hash that identifies an address where the address itself must not appear."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class Notifier:
    """Sends messages to addresses, each identified by its fingerprint. Apprise is loaded only if there is an address.

    Raises InvalidInput for an address that apprise cannot use, naming it by its number, and for too many addresses.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if len(texts) > MAX_ADDRESSES:
            raise InvalidInput(f"{len(texts)} addresses for notifications are too many; give at most {MAX_ADDRESSES}.")
        self._services = {fingerprint(text): _service(text, number) for number, text in enumerate(texts, start=1)}

    @property
    def names(self) -> tuple[str, ...]:
        """The fingerprints, in the order of the addresses."""
        return tuple(self._services)

    def send(self, name: str, message: Message) -> bool:
        """Return whether the address accepted the message. A network or service failure returns False, never raises."""
        from apprise import NotifyFormat, NotifyType

        kinds = {"critical": NotifyType.FAILURE, "warning": NotifyType.WARNING, "info": NotifyType.INFO}
        with _silence():
            return bool(
                self._services[name].notify(
                    body=message.body or message.title,
                    title=message.title,
                    notify_type=kinds[message.severity],
                    body_format=NotifyFormat.TEXT,
                )
            )


def _service(text: str, number: int) -> Apprise:
    try:
        import apprise
    except ImportError:
        raise InvalidInput("Notifications need the package apprise: pip install apprise") from None
    asset = apprise.AppriseAsset(
        app_id="Altcoin Hedge Planner", app_desc="Altcoin Hedge Planner", app_url="", storage_mode="memory"
    )
    with _silence():
        service = apprise.Apprise.instantiate(text, asset=asset)
    if service is None or not isinstance(service, apprise.NotifyBase):
        raise InvalidInput(
            f"Address {number} for notifications cannot be used. Write it as an apprise URL, for example "
            "json://HOST/PATH, tgram://TOKEN/CHAT or mailto://USER:PASSWORD@HOST. (It is not shown here, as it may "
            "hold a password.)"
        )
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    return sender


@contextmanager
def _silence() -> Iterator[None]:
    """Silence the loggers that would log an address."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).rstrip()


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
