"""Series of daily values, brought up to date: closes and sums of funding rates.

Stored values do not change, so only the days since are fetched. For closes, the last stored day is fetched again: if
it differs by a factor of SAME_CLOSE or more, either the answer or what is stored is of another coin or in other units.
The answer is then kept beside the stored closes (`Series.restated`), and so is one that differs from closes that were
in doubt (`ask_again`). Which of the two is wrong shows when other exchanges are asked: `accept_restated` replaces what
was stored, and `forget_closes` removes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hedge_core.market.live import parse
from hedge_core.market.live.cache import AnswerCache, Cached, Mode
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.storage import Storage
from hedge_core.market.venues.exchange import Exchange

DAY = timedelta(days=1)
GRACE = 120.0
"""Seconds after midnight (UTC) before the candle of the day that has just closed is expected."""

BUCKETS = (100, 400, 800, 1600, 3700)
"""Histories are fetched in these lengths (days), so that plans with similar windows share them."""

FUNDING_DAYS = 95
FUNDING_FRESH = 4 * 3600.0
REFUSED_AGAIN = 5.0
"""Seconds after which a refresh by the user fetches refused days again."""

FORGET_AGAIN = 600.0
"""Seconds after which closes that another exchange contradicts are fetched again."""

RUNNING_FRESH = 60.0
"""Seconds for which the candle of the unfinished day stays fresh, as long as quotes do."""

MAX_TRIES = 3
"""How often a refused day is fetched again before the gap is accepted."""

LASTING = 20 * 3600.0
"""Seconds after which what an exchange goes on stating is no passing fault: about until the next day's refresh."""

SAME_CLOSE = 1.05
"""A close that is fetched again may differ from the stored one by less than this factor."""

REVISED = 1.001
"""A history that was in doubt is restated if a close of it differs from the stored one by this factor or more."""


@dataclass(frozen=True, slots=True)
class Series:
    """Daily values of one market.

    `by_day` holds the values by UTC day and `refused` the reason for each refused day. `fault` is what prevents newer
    values (None if up to date). `last_print` is the latest funding rate and the hours that it covers. `restated` is the
    whole of what the exchange says now, if that contradicts `by_day`; `is_restated_long` if it has said so for
    LASTING seconds. `doubted` are the days told to `ask_again`.
    """

    by_day: Mapping[date, float]
    refused: Mapping[date, str]
    fault: ExchangeFault | None
    last_print: tuple[float, float] | None = None
    restated: Mapping[date, float] = field(default_factory=dict)
    doubted: frozenset[date] = frozenset()
    is_restated_long: bool = False


def closes(
    cache: AnswerCache,
    exchange: Exchange,
    symbol: str,
    days: int,
    ask: Callable[[date], parse.Closes],
    mode: Mode,
) -> Series:
    """Daily closes of `symbol` for at least the last `days` days (up to the longest of BUCKETS).

    `ask` fetches the closes from a given day on. Raises ExchangeFault, or NotCached in mode `cached`.
    """
    bucket = _bucket(cache, exchange, symbol, days)
    first = today() - bucket * DAY
    name, thing = f"{exchange.name}:closes:{symbol}", f"closes:{symbol}:{bucket}"

    before = cache.kept(exchange.name, thing)
    doubt = cache.kept(exchange.name, f"asked again:{symbol}")

    def fetch() -> dict[str, object]:
        known = cache.on_storage(lambda storage: storage.days(name, first))
        missing = [date.fromisoformat(day) for day in before.value["refused"]] if before else []
        tries = int(before.value["tries"]) if before else 0
        is_in_doubt = doubt is not None and (
            mode == "forced" or before is None or doubt.fetched_at >= before.fetched_at
        )
        is_complete = before is not None and not is_in_doubt
        since = _since(known, first, is_complete=is_complete, missing=missing if tries < MAX_TRIES else [])
        answer = ask(since)
        shared = sorted(set(known) & set(answer.by_day))
        has_changed = bool(shared) and parse.differs(answer.by_day[shared[-1]], known[shared[-1]], SAME_CLOSE)
        if has_changed and since > first:
            since, answer = first, ask(first)
        is_revised = any(
            parse.differs(answer.by_day[day], known[day], REVISED) for day in shared if day in answer.by_day
        )
        if has_changed or (since == first and is_revised):
            _keep_restated(cache, exchange, symbol, answer.by_day, bucket)
        else:
            cache.forget(exchange.name, f"restated:{symbol}")
        if has_changed:
            raise ExchangeFault(exchange.label, "unreadable", detail=f"the close of {shared[-1]} has changed")
        cache.on_storage(lambda storage: storage.keep_days(name, answer.by_day))
        _keep_ranges(cache, exchange, symbol, answer.ranges)
        still = {day: why for day, why in answer.refused.items() if day not in known}
        whole = {**known, **answer.by_day}
        for day in parse.spikes(whole):  # stored as the newest close, before the closes after it were known
            still[day] = f"{whole[day]:g} is far from the closes before and after it"
        _forget_days(cache, exchange, symbol, still)
        return {"refused": {day.isoformat(): why for day, why in still.items()}, "tries": tries + 1 if still else 0}

    is_patchy = before is not None and bool(before.value["refused"])
    fresh_for = REFUSED_AGAIN if mode == "forced" and (is_patchy or doubt is not None) else _since_midnight()
    if doubt is not None:
        fresh_for = min(fresh_for, _seconds_since(doubt))
    kept = cache.get(exchange.name, thing, fetch, fresh_for=fresh_for, mode=mode)
    by_day = cache.on_storage(lambda storage: storage.days(name, first))
    refused = {date.fromisoformat(day): why for day, why in kept.value["refused"].items()}
    restated = cache.kept(exchange.name, f"restated:{symbol}")
    return Series(
        by_day,
        {day: why for day, why in refused.items() if day not in by_day},
        kept.fault,
        restated=_by_day(restated.value["closes"]) if restated and restated.value["bucket"] >= bucket else {},
        is_restated_long=restated is not None and _is_long_ago(restated.value.get("since")),
        doubted=frozenset(map(date.fromisoformat, doubt.value)) if doubt is not None else frozenset(),
    )


def running(
    cache: AnswerCache, exchange: Exchange, symbol: str, ask: Callable[[date], parse.Closes], mode: Mode
) -> float | None:
    """The latest price in the candle of the unfinished day, at most RUNNING_FRESH seconds old; None without one.

    `ask` and errors as in `closes`.
    """
    found = cache.get(
        exchange.name,
        f"running:{symbol}",
        lambda: [ask(today() - DAY).running],
        fresh_for=RUNNING_FRESH,
        mode=mode,
    )
    is_new = found.fault is None and _seconds_since(found) <= RUNNING_FRESH
    price: float | None = found.value[0] if is_new else None
    return price


def _keep_restated(
    cache: AnswerCache, exchange: Exchange, symbol: str, stated: Mapping[date, float], bucket: int
) -> None:
    """Keep closes that contradict the stored ones, with the time since which the exchange states about the same."""
    since, before = datetime.now(UTC).isoformat(), cache.kept(exchange.name, f"restated:{symbol}")
    if before is not None and "since" in before.value:
        earlier = _by_day(before.value["closes"])
        shared = max(earlier.keys() & stated.keys(), default=None)
        if shared is not None and not parse.differs(earlier[shared], stated[shared], SAME_CLOSE):
            since = before.value["since"]
    closes = {day.isoformat(): close for day, close in stated.items()}
    cache.keep(exchange.name, f"restated:{symbol}", {"bucket": bucket, "closes": closes, "since": since})


def _is_long_ago(since: str | None) -> bool:
    """Whether a time, as it was kept, is LASTING seconds ago; False if none was kept."""
    return since is not None and (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds() >= LASTING


def accept_restated(cache: AnswerCache, exchange: Exchange, symbol: str) -> None:
    """Replace the stored closes by those that the exchange states now (`Series.restated`), which turned out right."""
    restated = cache.kept(exchange.name, f"restated:{symbol}")
    if restated is None:
        return
    name, closes = f"{exchange.name}:closes:{symbol}", _by_day(restated.value["closes"])
    _forget_answers(cache, exchange, symbol)
    _forget_days(cache, exchange, symbol, cache.on_storage(lambda storage: storage.days(name, date.min)))
    cache.on_storage(lambda storage: storage.keep_days(name, closes))
    cache.keep(exchange.name, f"closes:{symbol}:{restated.value['bucket']}", {"refused": {}, "tries": 0})
    cache.forget(exchange.name, f"restated:{symbol}")
    cache.forget(exchange.name, f"asked again:{symbol}")


def forget_closes(cache: AnswerCache, exchange: Exchange, symbol: str, days: Collection[date], mode: Mode) -> None:
    """Remove closes of these days, and fetch the history again with the next snapshot.

    Not more often than every FORGET_AGAIN seconds for one symbol (after a refresh by the user: REFUSED_AGAIN), because
    an exchange that goes on sending wrong closes would be asked for all of them every time.
    """
    before = cache.kept(exchange.name, f"forgotten:{symbol}")
    if before is not None and _seconds_since(before) < (REFUSED_AGAIN if mode == "forced" else FORGET_AGAIN):
        return
    cache.keep(exchange.name, f"forgotten:{symbol}", [day.isoformat() for day in sorted(days)])
    _forget_days(cache, exchange, symbol, days)
    _forget_answers(cache, exchange, symbol)


def ask_again(cache: AnswerCache, exchange: Exchange, symbol: str, days: Collection[date]) -> None:
    """Fetch the whole history again with the next snapshot, because it lacks days or is in doubt.

    `days` are its first day, its gaps and the days in doubt. An exchange may honestly have listed the coin late or
    trade it little, so the same days are asked for once, and then only by a refresh by the user (see `closes`).
    """
    told = [day.isoformat() for day in sorted(days)]
    before = cache.kept(exchange.name, f"asked again:{symbol}")
    if before is not None and before.value == told:
        return
    cache.keep(exchange.name, f"asked again:{symbol}", told)


def ranges(cache: AnswerCache, exchange: Exchange, symbol: str) -> dict[date, tuple[float, float]]:
    """(low, high) of the stored days on which the price moved far (`parse.WIDE`)."""
    name_of_lows, name_of_highs = _range_names(exchange, symbol)
    lows = cache.on_storage(lambda storage: storage.days(name_of_lows, date.min))
    highs = cache.on_storage(lambda storage: storage.days(name_of_highs, date.min))
    return {day: (low, highs[day]) for day, low in lows.items() if day in highs}


def _keep_ranges(
    cache: AnswerCache, exchange: Exchange, symbol: str, ranges: Mapping[date, tuple[float, float]]
) -> None:
    name_of_lows, name_of_highs = _range_names(exchange, symbol)
    cache.on_storage(lambda storage: storage.keep_days(name_of_lows, {day: low for day, (low, _) in ranges.items()}))
    cache.on_storage(lambda storage: storage.keep_days(name_of_highs, {day: high for day, (_, high) in ranges.items()}))


def _range_names(exchange: Exchange, symbol: str) -> tuple[str, str]:
    """The names under which the lows and the highs are stored."""
    return f"{exchange.name}:lows:{symbol}", f"{exchange.name}:highs:{symbol}"


def _forget_days(cache: AnswerCache, exchange: Exchange, symbol: str, days: Collection[date]) -> None:
    names = (f"{exchange.name}:closes:{symbol}", *_range_names(exchange, symbol))

    def forget(storage: Storage) -> None:
        for name in names:
            storage.forget_days(name, days)

    cache.on_storage(forget)


def _forget_answers(cache: AnswerCache, exchange: Exchange, symbol: str) -> None:
    for bucket in BUCKETS:
        cache.forget(exchange.name, f"closes:{symbol}:{bucket}")


def _by_day(values: Mapping[str, float]) -> dict[date, float]:
    return {date.fromisoformat(day): value for day, value in values.items()}


def _seconds_since(kept: Cached) -> float:
    return (datetime.now(UTC) - kept.fetched_at).total_seconds()


def funding(
    cache: AnswerCache, exchange: Exchange, symbol: str, ask: Callable[[date], parse.Funding], mode: Mode
) -> Series:
    """A perpetual's funding rates, summed by day, for the last FUNDING_DAYS days, and its latest rate.

    `ask` fetches the rates from a given day on. Raises ExchangeFault, or NotCached in mode `cached`.
    """
    first = today() - FUNDING_DAYS * DAY
    name, thing = f"{exchange.name}:funding:{symbol}", f"funding:{symbol}"

    def fetch() -> dict[str, object]:
        known = cache.on_storage(lambda storage: storage.days(name, first))
        answer = ask(_since(known, first, is_complete=cache.kept(exchange.name, thing) is not None, missing=[]))
        cache.on_storage(lambda storage: storage.keep_days(name, answer.by_day))
        refused = {day.isoformat(): why for day, why in answer.refused.items()}
        return {"last": list(answer.last) if answer.last else None, "refused": refused}

    kept = cache.get(exchange.name, thing, fetch, fresh_for=min(FUNDING_FRESH, _since_midnight()), mode=mode)
    by_day = cache.on_storage(lambda storage: storage.days(name, first))
    last = kept.value["last"]
    refused = {date.fromisoformat(day): why for day, why in kept.value.get("refused", {}).items()}
    return Series(by_day, refused, kept.fault, (last[0], last[1]) if last else None)


def _bucket(cache: AnswerCache, exchange: Exchange, symbol: str, days: int) -> int:
    """The length to fetch: the shortest of BUCKETS with `days` days, or the usual one if that is kept anyway."""
    bucket = next((size for size in BUCKETS if size >= days), BUCKETS[-1])
    is_kept = bucket == BUCKETS[0] and cache.kept(exchange.name, f"closes:{symbol}:{BUCKETS[1]}") is not None
    return BUCKETS[1] if is_kept else bucket


def today() -> date:
    """Today's date in UTC."""
    return datetime.now(UTC).date()


def _since(known: Mapping[date, float], first: date, *, is_complete: bool, missing: list[date]) -> date:
    """The first day to fetch: the last stored day, or two days before the first day in `missing` if that is earlier."""
    if not known or not is_complete:
        return first
    return max(first, min([max(known), *(day - 2 * DAY for day in missing)]))


def _since_midnight() -> float:
    """Seconds since the candle of the last closed day was expected."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date(), datetime.min.time(), tzinfo=UTC)
    seconds = (now - midnight).total_seconds() - GRACE
    return seconds if seconds > 0 else seconds + 86_400.0
