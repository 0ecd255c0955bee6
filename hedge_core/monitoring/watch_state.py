"""The memory of a watch: active alerts, messages to send and messages sent, and when things were last done.

It is one SQLite database, a file or `:memory:`. Each check is one transaction, so a process that is killed in the
middle has recorded either all of the check or nothing. A message is queued in the same transaction that records its
alert, and is sent to each address until that address accepts it. A crash therefore loses no message and queues none
twice. Only a process killed between sending a message and recording that cannot know whether it arrived. The message
is then sent again, and its title says that it may be a repeat.

One process at a time can use a file; it holds a lock. The file contains no part of a plan except the texts of
messages, and no address, only fingerprints.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from hedge_core.monitoring.alerts import Severity
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.state_file import StateFile

KEEP_SECONDS = 7 * 86_400.0
"""Messages older than this are deleted, sent or not. Time in which the watch did not run does not count."""

GAP_SECONDS = 86_400.0
"""After a longer time without a check the watch did not run, or the clock was set forward."""

KEEP_MESSAGES = 2_000
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3_600.0
"""Seconds for which an address is paused after a failure: the first pause, doubled with each failure, and the limit."""

CLOCK_SECONDS = 3_600.0
"""Seconds by which a recorded moment may lie ahead before the clock must have been set back."""

Kind = Literal["event", "digest", "heartbeat"]


@dataclass(frozen=True, slots=True)
class Event:
    """An active alert, identified by its key, and its message. An urgent message does not wait for quiet hours."""

    key: str
    message: Message
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """An active alert: since when, and when its message was first delivered (None: not yet)."""

    key: str
    since: datetime
    notified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message not yet delivered to an address. `is_again`: the process was killed while sending it."""

    id: int
    address: str
    message: Message
    queued_at: datetime
    ended_at: datetime | None
    attempts: int
    is_again: bool


class WatchState(StateFile):
    """The memory of one watch. All times are aware and in UTC.

    `path` is a file, created if it does not exist, or `:memory:`. Raises InvalidInput for a file that is damaged, comes
    from another program or another release, or is in use by another watch. Any method raises InvalidInput if the file
    is damaged; if it only cannot be written, `attempt` does the work in memory.
    """

    # ------------------------------------------------------------------------------------------------ active alerts

    @property
    def standing(self) -> tuple[Standing, ...]:
        """The active alerts, the oldest first."""
        rows = self._rows("SELECT key, since, notified_at FROM standing ORDER BY since, key")
        return tuple(Standing(key, _moment(since), _moment_or_none(told)) for key, since, told in rows)

    def settle(
        self, events: Iterable[Event], *, scope: str, now: datetime, quiet_until: datetime | None, to: Sequence[str]
    ) -> tuple[str, ...]:
        """Replace the active alerts whose keys begin with `scope` by `events`; return the keys that are new.

        New events are queued for the addresses `to`, not before `quiet_until` unless they are urgent. An event that is
        already active is not queued again, unless it was never queued because there was no address. Active alerts that
        are not among `events` are deleted; if one comes back later, it is new.
        """
        by_key = {event.key: event for event in events}
        rows = self._rows("SELECT key, message FROM standing")
        before = {key: message for key, message in rows if key.startswith(scope)}
        for key in before.keys() - by_key.keys():
            self._run("UPDATE messages SET ended_at = ? WHERE id = ?", now.timestamp(), before[key])
            self._run("DELETE FROM standing WHERE key = ?", key)
        for key, event in by_key.items():
            if key not in before:
                self._run("INSERT INTO standing (key, since) VALUES (?, ?)", key, now.timestamp())
            if before.get(key) is None and to:
                not_before = now if event.is_urgent or quiet_until is None else quiet_until
                message = self.queue(event.message, kind="event", now=now, not_before=not_before, to=to)
                self._run("UPDATE standing SET message = ? WHERE key = ?", message, key)
        return tuple(key for key in by_key if key not in before)

    def rename(self, keys: Mapping[str, str]) -> None:
        """Give active alerts new keys: `keys` maps former keys to present ones. An alert that is not active is skipped.

        If alerts with both keys are active, the one with the present key stays.
        """
        active = {standing.key for standing in self.standing}
        found = {former: present for former, present in keys.items() if former in active and former != present}
        if not found:
            return
        with self.transaction():
            for former, present in found.items():
                self._run("UPDATE OR IGNORE standing SET key = ? WHERE key = ?", present, former)
                self._run("DELETE FROM standing WHERE key = ?", former)

    # ------------------------------------------------------------------------------------------------ messages

    def queue(self, message: Message, *, kind: Kind, now: datetime, not_before: datetime, to: Sequence[str]) -> int:
        """Queue a message for the addresses; return its id. A new digest or heartbeat replaces an undelivered one."""
        if kind != "event":
            self._run(
                "DELETE FROM deliveries WHERE sent_at IS NULL AND message IN (SELECT id FROM messages WHERE kind = ?)",
                kind,
            )
        cursor = self._run(
            "INSERT INTO messages (kind, queued_at, not_before, severity, title, body) VALUES (?, ?, ?, ?, ?, ?)",
            kind,
            now.timestamp(),
            not_before.timestamp(),
            message.severity,
            message.title,
            message.body,
        )
        number = cursor.lastrowid or 0
        for address in to:
            self._run("INSERT INTO deliveries (message, address) VALUES (?, ?)", number, address)
        return number

    def due(self, address: str, now: datetime) -> tuple[Delivery, ...]:
        """Return the messages due for an address, in order; () while it is paused after a failure.

        A pause or a message that was recorded while the clock was ahead by more than an hour does not wait for the
        time that the clock showed then.
        """
        moment = now.timestamp()
        paused = "SELECT 1 FROM addresses WHERE address = ? AND not_before > ? AND not_before <= ?"
        if self._rows(paused, address, moment, moment + LONGEST_PAUSE):
            return ()
        rows = self._rows(
            "SELECT id, title, body, severity, queued_at, ended_at, attempts, is_trying FROM deliveries "
            "JOIN messages ON id = message WHERE address = ? AND sent_at IS NULL "
            "AND (not_before <= ? OR queued_at > ?) ORDER BY id LIMIT 100",
            address,
            moment,
            moment + CLOCK_SECONDS,
        )
        return tuple(
            Delivery(
                number,
                address,
                Message(title, body, cast("Severity", severity)),
                _moment(queued_at),
                _moment_or_none(ended_at),
                attempts,
                bool(is_trying),
            )
            for number, title, body, severity, queued_at, ended_at, attempts, is_trying in rows
        )

    def trying(self, delivery: Delivery) -> None:
        """Record that a message is about to be sent."""
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 1, attempts = attempts + 1 WHERE message = ? AND address = ?",
                delivery.id,
                delivery.address,
            )

    def sent(self, delivery: Delivery, now: datetime) -> None:
        """Record that an address accepted a message."""
        moment = now.timestamp()
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 0, sent_at = ? WHERE message = ? AND address = ?",
                moment,
                delivery.id,
                delivery.address,
            )
            self._run(
                "UPDATE standing SET notified_at = ? WHERE message = ? AND notified_at IS NULL", moment, delivery.id
            )
            self._run("DELETE FROM addresses WHERE address = ?", delivery.address)

    def failed(self, delivery: Delivery, now: datetime) -> None:
        """Record that an address did not accept a message, and pause the address, longer after each failure."""
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 0 WHERE message = ? AND address = ?", delivery.id, delivery.address
            )
            rows = self._rows("SELECT failures FROM addresses WHERE address = ?", delivery.address)
            failures = rows[0][0] if rows else 0
            pause = min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE)
            self._run(
                "INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)",
                delivery.address,
                failures + 1,
                now.timestamp() + pause,
            )

    def readdress(self, to: Sequence[str]) -> None:
        """Requeue undelivered messages to the current addresses if none of their original recipients remains."""
        if not to:
            return
        lost = self._rows(
            "SELECT message FROM deliveries GROUP BY message "
            f"HAVING MAX(sent_at) IS NULL AND SUM(address IN ({', '.join('?' * len(to))})) = 0",
            *to,
        )
        with self.transaction():
            for (message,) in lost:
                for address in to:
                    self._run("INSERT INTO deliveries (message, address) VALUES (?, ?)", message, address)

    def failures(self, address: str) -> int:
        """Return how often the address has refused in a row."""
        rows = self._rows("SELECT failures FROM addresses WHERE address = ?", address)
        return int(rows[0][0]) if rows else 0

    @property
    def undelivered(self) -> int:
        """The number of messages that have not reached all their addresses."""
        return int(self._rows("SELECT COUNT(DISTINCT message) FROM deliveries WHERE sent_at IS NULL")[0][0])

    def prune(self, now: datetime) -> None:
        """Delete messages older than KEEP_SECONDS, and all but the newest KEEP_MESSAGES."""
        self._run(
            "DELETE FROM messages WHERE queued_at < ? OR id <= (SELECT MAX(id) FROM messages) - ?",
            now.timestamp() - KEEP_SECONDS,
            KEEP_MESSAGES,
        )

    # ------------------------------------------------------------------------------------------------ the clock

    def follow_clock(self, now: datetime) -> None:
        """Keep ages right where the clock has jumped since the last check; call this before anything else is recorded.

        After a gap of more than GAP_SECONDS undelivered messages are as old as they were at the last check, because
        nobody tried to send them meanwhile. If the clock then returns to a time before the gap, it was wrong: what was
        recorded since is moved back with it. A clock that is set back otherwise changes nothing that is recorded.
        """
        last = self.moment("checked")
        if last is None:
            return
        gap = (now - last).total_seconds()
        if gap > GAP_SECONDS:
            self._skip(last.timestamp(), now.timestamp())
        elif gap < -CLOCK_SECONDS:
            self._return_to(now.timestamp())

    def _skip(self, before: float, after: float) -> None:
        self._age_undelivered(before - after, latest=after)
        self._run("INSERT OR REPLACE INTO marks VALUES ('gap_from', ?), ('gap_to', ?)", before, after)
        self._run("INSERT OR REPLACE INTO marks SELECT 'gap_message', COALESCE(MAX(id), 0) FROM messages")

    def _return_to(self, now: float) -> None:
        before, after = self.moment("gap_from"), self.moment("gap_to")
        if before is None or after is None or not before.timestamp() - CLOCK_SECONDS <= now < after.timestamp():
            return
        gap = (after - before).total_seconds()
        self._age_undelivered(gap, up_to=self.count("gap_message"))
        for column in ("since", "notified_at"):
            self._run(f"UPDATE standing SET {column} = {column} - ? WHERE {column} >= ?", gap, after.timestamp())
        self._run("UPDATE marks SET value = value - ? WHERE name = 'good' AND value >= ?", gap, after.timestamp())
        self._run("DELETE FROM marks WHERE name LIKE 'gap_%' OR name = 'good_until'")

    def _age_undelivered(self, seconds: float, *, latest: float = math.inf, up_to: int = 2**62) -> None:
        """Make undelivered messages with ids up to `up_to` so much older, but none queued after `latest`."""
        self._run(
            "UPDATE messages SET queued_at = MIN(queued_at - ?, ?) WHERE id <= ? "
            "AND id IN (SELECT message FROM deliveries WHERE sent_at IS NULL)",
            seconds,
            latest,
            up_to,
        )

    # ------------------------------------------------------------------------------------------------ marks

    def moment(self, name: str) -> datetime | None:
        """Return when `name` was last done, or None."""
        rows = self._rows("SELECT value FROM marks WHERE name = ?", name)
        return _moment(rows[0][0]) if rows else None

    def mark(self, name: str, moment: datetime) -> None:
        """Record when `name` was done."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, moment.timestamp())

    def count(self, name: str) -> int:
        """Return the number stored as `name`, 0 if there is none."""
        rows = self._rows("SELECT value FROM marks WHERE name = ?", name)
        return int(rows[0][0]) if rows else 0

    def set_count(self, name: str, number: int) -> None:
        """Store a number as `name`."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, float(number))


def _moment(value: float) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _moment_or_none(value: float | None) -> datetime | None:
    return None if value is None else _moment(value)
