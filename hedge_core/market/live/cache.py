"""The cache between the exchanges and their users: what to fetch, when to fetch it and when to wait.

An answer is fetched only once while it is fresh, however many threads or processes ask for it. It is validated before
it is stored, and a failure never replaces it: the last good answer is returned with its age and the fault. After a
failure the program sends no request to the exchange (or for that one thing) for a while, to avoid a flood of retries.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from dogpile.cache.api import NO_VALUE

from hedge_core.errors import SourceUnavailable
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.storage import IN_MEMORY, PREFIX, SqliteStorage, Storage
from hedge_core.market.live.tally import Tally

log = logging.getLogger("hedge_core.live")

T = TypeVar("T")

LONGEST_ROW = 60
"""Failures in a row that are counted; the pause is at its longest long before."""
Mode = Literal["fresh", "forced", "cached"]
"""fresh: fetch what is too old. forced: the user asked for a refresh, so ignore pauses. cached: never fetch."""


class NotCached(SourceUnavailable):
    """The answer is not in the cache, and fetching was not allowed."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A good answer, the time it was fetched, and the fault that prevents a newer one (None if it is fresh)."""

    value: Any
    fetched_at: datetime
    fault: ExchangeFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """How long to send no requests after a failure, in seconds.

    A fault starts a pause of `first_pause`, which doubles with each further fault up to `longest_pause`. After a 429
    the pause is as long as the exchange says, at most an hour (`throttled_pause` if it does not say); after a refusal
    of this server's region or address it is `blocked_pause`. A refresh by the user ends a pause older than
    `forced_after`, unless the exchange limits requests. When the storage fails, memory is used for `storage_pause`.
    `poll` is the interval at which to look for an answer that another process is fetching.
    """

    first_pause: float = 10.0
    longest_pause: float = 300.0
    throttled_pause: float = 60.0
    blocked_pause: float = 900.0
    forced_after: float = 5.0
    storage_pause: float = 30.0
    poll: float = 0.03


class AnswerCache:
    """Answers of exchanges in one storage; while it fails (Redis is down, a disk is full), in this process's memory.

    A caller waits at most `timeout` seconds for an answer that another thread or process is fetching.
    """

    def __init__(self, storage: Storage, *, timeout: float, policy: CachePolicy | None = None) -> None:
        self._storage = storage
        is_in_memory = isinstance(storage, SqliteStorage) and storage.is_in_memory
        self._memory: Storage = storage if is_in_memory else SqliteStorage(IN_MEMORY)
        self._storage_back_at = 0.0
        self.timeout = timeout
        self.policy = policy or CachePolicy()
        self.tally = Tally()

    @property
    def storage(self) -> Storage:
        """The storage to use now."""
        return self._storage if time.monotonic() >= self._storage_back_at else self._memory

    @property
    def is_failing(self) -> bool:
        """Whether the storage of the settings fails, so that answers are kept in this process's memory only."""
        return self.storage is not self._storage

    def answers(self) -> bool:
        """Whether the storage responds now; if it does not, memory is used for a while."""
        self.on_storage(lambda storage: storage.region.get(f"{PREFIX}answers"))
        return not self.is_failing

    def close(self) -> None:
        """Close the storage."""
        self._storage.close()
        if self._memory is not self._storage:
            self._memory.close()

    def on_storage(self, work: Callable[[Storage], T]) -> T:
        """The result of `work` on the storage, or on memory while the storage fails.

        Raises SourceUnavailable if memory fails, because nothing can replace it.
        """
        storage = self.storage
        try:
            return work(storage)
        except storage.errors as error:
            if storage is self._memory:
                raise SourceUnavailable(f"The cache cannot be used ({error}). Check HEDGE_CACHE_URL.") from None
            log.warning("the cache does not respond, using memory instead: %s", type(error).__name__)
            self._storage_back_at = time.monotonic() + self.policy.storage_pause
            return work(self._memory)

    def get(
        self, exchange: str, thing: str, fetch: Callable[[], Any], *, fresh_for: float, mode: Mode = "fresh"
    ) -> Cached:
        """The answer of `exchange` for `thing`, fetched if the cached one is older than `fresh_for` seconds or missing.

        Raises ExchangeFault if it cannot be fetched and nothing is cached, and NotCached in mode `cached` if nothing
        is cached.
        """
        key = f"{PREFIX}{exchange}:{thing}"
        if mode == "cached":
            kept = self.on_storage(lambda storage: self._kept(storage, key))
            if kept is None:
                raise NotCached(f"The cache has no {thing} of {exchange}. Refresh the prices.")
            self.tally.kept(exchange)
            return kept
        return self.on_storage(lambda storage: self._get(storage, exchange, thing, key, fetch, fresh_for, mode))

    def kept(self, exchange: str, thing: str) -> Cached | None:
        """The cached answer, however old, or None."""
        return self.on_storage(lambda storage: self._kept(storage, f"{PREFIX}{exchange}:{thing}"))

    def keep(self, exchange: str, thing: str, value: Any) -> None:
        """Store a value that was made here, not fetched."""
        entry = {"value": value, "at": time.time()}
        self.on_storage(lambda storage: storage.region.set(f"{PREFIX}{exchange}:{thing}", entry))

    def forget(self, exchange: str, thing: str) -> None:
        """Remove an answer that turned out to be wrong, so that it is fetched again."""
        self.on_storage(lambda storage: storage.region.delete(f"{PREFIX}{exchange}:{thing}"))

    def _get(
        self,
        storage: Storage,
        exchange: str,
        thing: str,
        key: str,
        fetch: Callable[[], Any],
        fresh_for: float,
        mode: Mode,
    ) -> Cached:
        was_asked = False

        def create() -> dict[str, Any]:
            nonlocal was_asked
            self._respect_pause(storage, exchange, thing, mode)
            was_asked = True
            try:
                value = fetch()
            except ExchangeFault as fault:
                self.tally.fetched(exchange, fault.kind)
                self._pause(storage, exchange, thing, fault)
                raise
            self.tally.fetched(exchange, "ok")
            self._end_pause(storage, exchange, thing)
            return {"value": value, "at": time.time()}

        give_up = time.monotonic() + self.timeout
        while True:
            asked_at = time.time()
            try:
                answer = storage.region.get_or_create(key, create, expiration_time=max(fresh_for, 0.001))
            except ExchangeFault as fault:
                kept = self._kept(storage, key)
                if kept is None:
                    raise
                self.tally.kept(exchange)
                return Cached(kept.value, kept.fetched_at, fault)
            # Too old, but no error: another thread or process is fetching a newer answer. Wait for it.
            if asked_at - answer["at"] <= fresh_for or time.monotonic() > give_up:
                if not was_asked:
                    self.tally.kept(exchange)
                return _cached(answer)
            time.sleep(self.policy.poll)

    @staticmethod
    def _kept(storage: Storage, key: str) -> Cached | None:
        answer = storage.region.get(key, ignore_expiration=True)
        return None if answer is NO_VALUE else _cached(answer)

    # ---------------------------------------------------------------------------------- pauses after a failure

    def _respect_pause(self, storage: Storage, exchange: str, thing: str, mode: Mode) -> None:
        for scope in (exchange, f"{exchange}:{thing}"):
            pause = storage.region.get(f"{PREFIX}pause:{scope}", ignore_expiration=True)
            if pause is NO_VALUE or time.time() >= pause.get("until", 0.0):
                continue
            is_old = time.time() - pause["since"] >= self.policy.forced_after
            if mode == "forced" and is_old and pause["kind"] != "throttled":
                continue
            raise ExchangeFault(pause["label"], pause["kind"], detail=pause["detail"])

    def _pause(self, storage: Storage, exchange: str, thing: str, fault: ExchangeFault) -> None:
        if fault.kind in ("offline", "not installed"):
            return
        scope = exchange if fault.is_of_exchange else f"{exchange}:{thing}"
        key = f"{PREFIX}pause:{scope}"
        before = storage.region.get(key, ignore_expiration=True)
        count = 1 if before is NO_VALUE else min(LONGEST_ROW, int(before.get("count", 0))) + 1
        policy = self.policy
        seconds = min(policy.longest_pause, policy.first_pause * 2.0 ** (count - 1))
        if fault.kind == "throttled":
            seconds = policy.throttled_pause if fault.retry_after is None else min(3600.0, fault.retry_after)
        elif fault.kind == "blocked":
            seconds = policy.blocked_pause
        now = time.time()
        pause = {
            "label": fault.exchange, "kind": fault.kind, "detail": fault.detail,
            "since": now, "until": now + seconds, "count": count,
        }  # fmt: skip
        storage.region.set(key, pause)

    @staticmethod
    def _end_pause(storage: Storage, exchange: str, thing: str) -> None:
        for scope in (exchange, f"{exchange}:{thing}"):
            key = f"{PREFIX}pause:{scope}"
            if storage.region.get(key, ignore_expiration=True) is not NO_VALUE:
                storage.region.delete(key)


def _cached(answer: dict[str, Any]) -> Cached:
    return Cached(answer["value"], datetime.fromtimestamp(answer["at"], UTC))
