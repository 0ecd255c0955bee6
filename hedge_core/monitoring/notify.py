"""Notifications: send short messages to the user's addresses with apprise.

An address contains secrets (a bot token, a password). It is kept in memory and passed to apprise, and it is never
written to a log, an error or the state file. Elsewhere it is identified by its fingerprint, and for the user by its
number.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hedge_core.errors import InvalidInput
from hedge_core.monitoring.alerts import Severity
from hedge_core.monitoring.short_answers import short_answers
from hedge_core.text import notification_text

if TYPE_CHECKING:
    from apprise import Apprise

SETTING = "HEDGE_NOTIFY"
MAX_TITLE = 120
MAX_BODY = 2_000
MAX_ADDRESSES = 20

SEND_SECONDS = 15.0
"""Seconds that a message to one address may take; apprise itself gives up after four seconds without any answer."""

_TALKATIVE = ("apprise", "urllib3", "urllib3.connectionpool", "requests")
"""Loggers that would log addresses or parts of them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send, as plain text; title and body are cut to MAX_TITLE and MAX_BODY characters."""

    title: str
    body: str
    severity: Severity = "info"

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", _cut(notification_text(self.title).replace("\n", " ").rstrip(), MAX_TITLE))
        lines = (line.rstrip() for line in notification_text(self.body).split("\n"))
        object.__setattr__(self, "body", _cut("\n".join(lines).strip(), MAX_BODY))


def addresses(given: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the addresses given, else those in HEDGE_NOTIFY, separated by spaces or lines, without duplicates."""
    values = os.environ if environment is None else environment
    found = [text.strip() for text in given] or values.get(SETTING, "").split()
    return tuple(dict.fromkeys(text for text in found if text))


def fingerprint(address: str) -> str:
    """Return a hash that identifies an address where the address itself must not appear."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class _Sending:
    """A message that an address has not answered in time; `accepted` holds its answer once there is one."""

    thread: threading.Thread
    message: Message
    accepted: list[bool]


class Notifier:
    """Sends messages to addresses, each identified by its fingerprint. Apprise is loaded only if there is an address.

    An address that answers byte by byte, or late, is left after SEND_SECONDS, and is not used again while it still
    answers. If it accepts the message in the end, the message counts as accepted and is not sent again. No more than a
    megabyte of an answer is read.
    Redirects are not followed: they would take the message to a host that the user did not name.

    Raises InvalidInput for an address that apprise cannot use, naming it by its number, and for too many addresses.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        if len(texts) > MAX_ADDRESSES:
            raise InvalidInput(f"{len(texts)} addresses for notifications are too many; give at most {MAX_ADDRESSES}.")
        self._busy: dict[str, _Sending] = {}
        self._accepted_late: dict[str, list[Message]] = {}
        self._services = {fingerprint(text): _service(text, number) for number, text in enumerate(texts, start=1)}

    @property
    def names(self) -> tuple[str, ...]:
        """The fingerprints, in the order of the addresses."""
        return tuple(self._services)

    def send(self, name: str, message: Message) -> bool:
        """Return whether the address accepted the message. A network or service failure returns False, never raises."""
        before, late = self._busy.get(name), self._accepted_late.setdefault(name, [])
        if before is not None and before.thread.is_alive():
            return False
        if before is not None and before.accepted == [True]:
            late.append(before.message)
        self._busy.pop(name, None)
        earlier = next((one for one in late if _is_same(one, message)), None)
        if earlier is not None:
            late.remove(earlier)
            return True
        accepted: list[bool] = []
        sending = threading.Thread(target=lambda: accepted.append(self._notify(name, message)), daemon=True)
        sending.start()
        sending.join(SEND_SECONDS)
        if sending.is_alive():
            self._busy[name] = _Sending(sending, message, accepted)
            return False
        return accepted == [True]

    def _notify(self, name: str, message: Message) -> bool:
        from apprise import NotifyFormat, NotifyType

        kinds = {"critical": NotifyType.FAILURE, "warning": NotifyType.WARNING, "info": NotifyType.INFO}
        with _silence, short_answers():
            return bool(
                self._services[name].notify(
                    body=message.body or message.title,
                    title=message.title,
                    notify_type=kinds[message.severity],
                    body_format=NotifyFormat.TEXT,
                )
            )


def _is_same(earlier: Message, later: Message) -> bool:
    """Whether `later` is `earlier` once more, perhaps with a note at its end."""
    return earlier.title == later.title and later.body.startswith(earlier.body)


def _service(text: str, number: int) -> Apprise:
    try:
        import apprise
    except ImportError:
        raise InvalidInput("Notifications need the package apprise: pip install apprise") from None
    asset = apprise.AppriseAsset(
        app_id="Altcoin Hedge Planner",
        app_desc="Altcoin Hedge Planner",
        app_url="",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0.0,  # these two: in the thread that calls. Others would hold up the end of the process.
        http_redirects=False,
    )
    with _silence:
        service = apprise.Apprise.instantiate(text, asset=asset)
    if service is None or not isinstance(service, apprise.NotifyBase):
        raise InvalidInput(
            f"Address {number} for notifications cannot be used. Write it as an apprise URL, for example "
            "json://HOST/PATH, tgram://TOKEN/CHAT or mailto://USER:PASSWORD@HOST. (It is not shown here, as it may "
            "hold a password.)"
        )
    service.redirects = False  # whatever the address itself says
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    return sender


class _Silence:
    """Silences the loggers that would log an address, until the last of several threads has left the block."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._inside = 0
        self._levels: dict[logging.Logger, int] = {}

    def __enter__(self) -> None:
        with self._guard:
            self._inside += 1
            if self._inside == 1:
                self._levels = {logger: logger.level for logger in map(logging.getLogger, _TALKATIVE)}
                for logger in self._levels:
                    logger.setLevel(logging.CRITICAL + 1)

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._inside -= 1
            if self._inside == 0:
                for logger, level in self._levels.items():
                    logger.setLevel(level)


_silence = _Silence()


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
