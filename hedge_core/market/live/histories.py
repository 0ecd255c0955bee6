"""Daily closes, coin by coin from the first exchange that has them, and held against the histories of other exchanges.

Closes that every other exchange contradicts are left out, and a history that belongs to another price is replaced by
the one that two exchanges agree on, or not used. What was stored wrongly is forgotten, so that it is fetched again:
the cache heals when the exchange does. Nothing is filled.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from hedge_core.errors import SourceUnavailable
from hedge_core.market.coins import predecessors
from hedge_core.market.live.agreement import AGREE, MOSTLY, Comparison, Opinion, compared, is_comparable
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed
from hedge_core.market.live.levels import INEXACT, INEXACT_MINOR
from hedge_core.market.live.parse import differs
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.series import DAY, SAME_CLOSE, Series, today
from hedge_core.market.odd_closes import (
    ENDS_DAYS,
    MAJORS,
    Floats,
    days_still,
    lasting_steps,
    odd_closes,
    redenominations,
)

SPLICE = 1.5
"""A renamed coin's old closes are joined to the new ones only if they differ by less than this factor at the join."""

OTHERS = 2
"""At most so many other exchanges are asked for a history, the second only if the first contradicts."""

FAR = 1.1
"""A history that no other exchange confirms is fetched again if its last close is this factor away from the price."""

NAMED = 3
"""So many refused closes of one coin are named one by one."""

Closes = Mapping[date, float]


class Histories:
    """The histories of one snapshot, of `days` days: `feeds` in the order in which they are asked."""

    def __init__(self, feeds: Sequence[Feed], days: int, remarks: Remarks) -> None:
        self._feeds, self._days, self._remarks = feeds, days, remarks

    def closes(self, coin: str, *, is_wanted: bool) -> Closes:
        """The coin's daily closes; empty, for a coin that `is_wanted` with a notice, if there are none to trust."""
        misses: list[str] = []
        refuted: set[Feed] = set()
        for feed in self._feeds:
            found, miss = self._ask(feed, coin, self._days)
            if found is None:
                misses.append(f"{feed.exchange.label} {miss}")
                continue
            others = [other for other in self._feeds if other is not feed and other not in refuted]
            found, comparison = self._settled(coin, feed, found, others)
            if comparison.verdict == "disputed":
                self._forget(coin, feed, comparison.days)
                self._say_disputed(coin, feed, comparison)
                return {}
            if comparison.verdict == "refuted":
                self._forget(coin, feed, found.by_day)
                refuted.add(feed)
                misses.append(f"{feed.exchange.label}'s {_why_refuted(comparison)}")
                continue
            if feed is not self._feeds[0]:
                self._remarks.elsewhere("history", feed.exchange.label, misses[0], coin)
            return self._accepted(coin, feed, found, comparison)
        if is_wanted:
            self._remarks.say(f"no_history {coin}", f"{coin}: no history. {'; '.join(misses)}.", code="no_history")
        return {}

    # ---------------------------------------------------------------------------------------------------- asking

    @staticmethod
    def _ask(feed: Feed, coin: str, days: int) -> tuple[Series | None, str]:
        """The exchange's history of the coin, or None and why there is none."""
        try:
            symbols = feed.spot.get(coin, ())
            found = feed.closes(symbols[0], days) if symbols else None
        except ExchangeFault as fault:
            return None, fault.reason
        return (found, "") if found is not None and found.by_day else (None, "does not list it")

    def _settled(self, coin: str, feed: Feed, found: Series, others: Sequence[Feed]) -> tuple[Series, Comparison]:
        """The history as it is stored, or as the exchange states it now, whichever the others bear out; compared.

        Where no other can be compared, the exchange's price decides, but only if what is stored was in doubt already or
        differs on a few days. In all other cases what is stored stays, because it was right when it was compared.
        """
        stored = _compared(coin, found.by_day, self._opinions(coin, feed, found.by_day, others))
        if not found.restated:
            return found, stored
        stated = _compared(coin, found.restated, self._opinions(coin, feed, found.restated, others, restated=True))
        if stated.verdict == "alone":
            is_better = stored.verdict == "alone" and self._is_borne_out_by_price(coin, feed, found)
        else:
            newest = max(found.by_day.keys() & found.restated.keys(), default=None)
            has_changed = newest is not None and differs(found.by_day[newest], found.restated[newest], SAME_CLOSE)
            is_better = stated.doubt < stored.doubt or (has_changed and stated.doubt == stored.doubt)
        if not is_better:
            return found, stored
        feed.accept_restated(feed.spot[coin][0])
        if stated.verdict == "alone":
            text = (
                f"{coin}: {feed.exchange.label} states other closes than before, for instance "
                f"{found.restated[max(found.restated)]:,.6g} on {max(found.restated)}. They are used, because they are "
                "near its price and those before are not; no other exchange confirms it."
            )
            self._remarks.say(f"restated {coin}", text, code="close_unusual")
        return Series(found.restated, {}, None), stated

    @staticmethod
    def _is_borne_out_by_price(coin: str, feed: Feed, found: Series) -> bool:
        """Whether the exchange's price speaks for what it states now, against stored closes that were in doubt."""
        price = _price(coin, feed)
        if price is None or not found.by_day:
            return False
        shared = found.by_day.keys() & found.restated.keys()
        apart = sum(differs(found.by_day[day], found.restated[day], SAME_CLOSE) for day in shared)
        was_in_doubt = max(found.by_day) in found.doubted or apart <= MOSTLY * len(shared) or found.is_restated_long
        now, before = (abs(math.log(by_day[max(by_day)] / price)) for by_day in (found.restated, found.by_day))
        return was_in_doubt and now < math.log(AGREE) and now < before / 2.0

    def _opinions(
        self, coin: str, asked: Feed, by_day: Closes, others: Sequence[Feed], *, restated: bool = False
    ) -> list[Opinion]:
        """What other exchanges say of closes of `asked`: the first to compare and, if it contradicts, a second one.

        `restated`: what they say now, where that contradicts what is stored of them.
        """
        found: list[Opinion] = []
        for feed in others:
            try:
                other, _ = self._ask(feed, coin, self._days)
            except SourceUnavailable:  # not in the cache, and nothing may be fetched
                continue
            said = {} if other is None else (restated and other.restated) or other.by_day
            if not said or not is_comparable(by_day, said):
                continue
            start = min(today() - self._days * DAY, min(by_day))  # it may have more days than are wanted
            found.append(Opinion(feed.exchange.label, {day: close for day, close in said.items() if day >= start}))
            comparison = _compared(coin, by_day, found)
            if comparison.days:
                traded = self._traded(coin, feed, said, comparison.days)
                found[-1] = replace(found[-1], traded=traded, own=asked.ranges(asked.spot[coin][0]))
                comparison = _compared(coin, by_day, found)
            is_sure = comparison.is_close and comparison.inexactness < INEXACT
            if len(found) == OTHERS or (is_sure and not (comparison.days or comparison.is_rough)):
                break
        return found

    @staticmethod
    def _traded(coin: str, feed: Feed, closes: Closes, days: Sequence[date]) -> dict[date, tuple[float, float]]:
        """The lowest and highest price at the exchange from the start of each day to the end of the next, or to now."""
        ranges = feed.ranges(feed.spot[coin][0])
        newest = max(closes)
        price = _price(coin, feed) if newest in days else None
        found = {}
        for day in days:
            prices = [closes[on] for on in (day, day + DAY) if on in closes]
            prices += [*ranges.get(day, ()), *ranges.get(day + DAY, ())]
            if day == newest and price is not None:
                prices.append(price)
            if prices:
                found[day] = min(prices), max(prices)
        return found

    @staticmethod
    def _forget(coin: str, feed: Feed, days: Collection[date]) -> None:
        feed.forget_closes(feed.spot[coin][0], days)

    @staticmethod
    def _ask_again(coin: str, feed: Feed, found: Series, comparison: Comparison, unusual: Collection[date]) -> None:
        """Have the history fetched again, once for the same doubts.

        They are days that others have, days without a close, changes unlike those of others, `unusual` closes that no
        other confirms and a newest close that is far from the price.
        """
        first, last = min(found.by_day), max(found.by_day)
        between = {first + n * DAY for n in range((last - first).days)} - found.by_day.keys()
        absent = {*comparison.absent, *between}
        price = _price(coin, feed) if comparison.verdict == "alone" else None
        is_far = price is not None and differs(found.by_day[last], price, FAR)
        if len(absent) > ENDS_DAYS or comparison.is_rough or unusual or is_far:
            gaps = {day for day in absent if day > first}
            far = [last] if is_far and not found.restated else []
            feed.ask_again(feed.spot[coin][0], {first, *gaps, *unusual, *far})

    # -------------------------------------------------------------------------------------------------- accepting

    def _accepted(self, coin: str, feed: Feed, found: Series, comparison: Comparison) -> Closes:
        """The closes of `feed` without those that are in doubt, after those of the coin's former symbol; says so."""
        self._remarks.earlier(found.fault, f"history of {coin} (to {max(found.by_day)})")
        if found.fault is None and max(found.by_day) < today() - ENDS_DAYS * DAY:
            text = f"{coin}: {feed.exchange.label}'s history ends on {max(found.by_day)}; it may be delisted there."
            self._remarks.say(f"ended {coin}", text, code="history_ended")
        first = min(found.by_day)
        if sum(day < first for day in comparison.absent) > ENDS_DAYS:
            text = f"{coin}: {feed.exchange.label}'s history begins on {first}, later than other exchanges'."
            self._remarks.say(f"short {coin}", text, code="history_short")
        if comparison.unlike:
            others, days = " and ".join(comparison.unlike), f"{comparison.unlike_since} to {max(comparison.seen)}"
            text = f"{coin}: {feed.exchange.label}'s daily changes from {days} are only roughly those of {others}."
            text += " Its history is used, because nothing shows that its dates are wrong."
            self._remarks.say(f"unlike {coin}", text, code="history_unlike")
        if comparison.inexact and not comparison.unlike:
            others = " and ".join(comparison.inexact)
            text = (
                f"{coin}: {feed.exchange.label}'s closes differ from those of {others} by {comparison.inexactness:.1%} "
            )
            text += "or more on one day in ten. Its history is used, because nothing shows which are right."
            self._remarks.say(f"inexact {coin}", text, code="history_unlike")
        if comparison.off_level:
            self._say_off_level(coin, feed, comparison)
        if comparison.repeated:
            text = (
                f"{coin}: {feed.exchange.label}'s close is that of the day before on {len(comparison.repeated)} days "
            )
            text += "on which the closes of other exchanges changed. Its history is used."
            self._remarks.say(f"repeated {coin}", text, code="history_coarse")
        doubted = {day: f"no other exchange has a close near {found.by_day[day]:,.6g}" for day in comparison.days}
        odd, unusual = self._odd(coin, found.by_day, comparison)
        doubted |= odd
        still_days = sorted(found.by_day)[len(found.by_day) - days_still(coin, _by_row(found.by_day)) :]
        if doubted or still_days:
            self._forget(coin, feed, {*doubted, *still_days})
        self._ask_again(coin, feed, found, comparison, unusual)
        by_day: Closes = {day: close for day, close in found.by_day.items() if day not in doubted}
        if not by_day:
            return {}
        self._say_refused(coin, feed, by_day, {**found.refused, **doubted})
        by_day = self._since_redenomination(coin, feed, by_day)
        if still := days_still(coin, _by_row(by_day)):
            at = f"{by_day[max(by_day)]:,.6g} for {still} days"
            text = f"{coin}: {feed.exchange.label}'s closes have stood still at {at}."
            self._remarks.say(f"still {coin}", text, code="history_still", severity="warning")
        return self._spliced(coin, feed, by_day)

    def _odd(self, coin: str, by_day: Closes, comparison: Comparison) -> tuple[dict[date, str], list[date]]:
        """Odd closes that no other exchange confirms, with the reason; and unusual days, which are said and stay."""
        first = min(by_day)
        found: dict[date, str] = {}
        unusual: list[date] = []
        for odd in odd_closes(coin, _by_row(by_day)):
            days = [day for row in range(odd.row, odd.until + 1) if (day := first + row * DAY) in by_day]
            unconfirmed = [day for day in days if day not in comparison.seen]
            if not unconfirmed:
                continue
            if odd.is_noted:
                times = f"{odd.times:,.3g} times the one before"
                text = f"{coin}: the close of {days[0]} is {times}, unlike any day before it."
                self._remarks.say(f"unusual {coin}", text, code="close_unusual")
                unusual.append(days[0])
                continue
            why = (
                f"{by_day[days[0]]:,.6g} is {odd.times:,.3g} times the close before, and no other exchange confirms it"
            )
            found |= dict.fromkeys(unconfirmed, why)
        for row, multiple in lasting_steps(_by_row(by_day)):
            if (day := first + row * DAY) not in comparison.seen:
                text = f"{coin}: the close of {day} is {multiple:,.3g} times the one before, and the price stays there."
                self._remarks.say(f"step {coin}", f"{text} No other exchange confirms it.", code="close_unusual")
                unusual.append(day)
        unusual += [
            day for row, _ in redenominations(_by_row(by_day)) if (day := first + row * DAY) not in comparison.seen
        ]
        return found, unusual

    def _since_redenomination(self, coin: str, feed: Feed, by_day: Closes) -> Closes:
        changes = redenominations(_by_row(by_day))
        if not changes:
            return by_day
        row, times = changes[-1]
        start = min(by_day) + row * DAY
        text = (
            f"{coin}: {feed.exchange.label}'s closes change to {times:,.4g} times the close before on {start}. The "
            "days before are in another unit, or of another coin, and are left out."
        )
        self._remarks.say(f"redenominated {coin}", text, code="redenominated", severity="warning")
        return {day: close for day, close in by_day.items() if day >= start}

    def _spliced(self, coin: str, feed: Feed, by_day: Closes) -> Closes:
        """The closes, preceded by those of the coin's former symbol at the published ratio if the coin was renamed."""
        start = min(by_day)
        if start <= today() - self._days * DAY:
            return by_day
        for old, units in predecessors(coin):
            try:
                symbol = feed.old_symbol(old)
                found = feed.closes(symbol, self._days).by_day if symbol else {}
            except ExchangeFault:
                continue
            before = {day: close / units for day, close in found.items() if day < start}
            if before and not differs(before[max(before)], by_day[start], SPLICE):
                text = f"{coin}: closes before {start} are those of {old}"
                text += f", divided by {units:,.0f}." if units != 1.0 else "."
                self._remarks.say(f"spliced {coin}", text, code="renamed_history")
                return {**before, **by_day}
        return by_day

    # ----------------------------------------------------------------------------------------------------- saying

    def _say_disputed(self, coin: str, feed: Feed, comparison: Comparison) -> None:
        if comparison.is_of_other_days:
            said = _why_refuted(comparison)
        else:
            said = (
                f"history is contradicted by other exchanges on {len(comparison.days)} days up to {comparison.days[-1]}"
            )
        text = f"{coin}: {feed.exchange.label}'s {said}. We cannot tell which is right, so none is used."
        self._remarks.say(f"disputed {coin}", text, code="odd_history", severity="warning")

    def _say_off_level(self, coin: str, feed: Feed, comparison: Comparison) -> None:
        days = comparison.off_level
        when = f"close of {days[0]} is" if len(days) == 1 else f"{len(days)} closes from {days[0]} to {days[-1]} are"
        text = f"{coin}: {feed.exchange.label}'s {when} not in the usual ratio to those of other exchanges. "
        text += f"{'It is' if len(days) == 1 else 'They are'} used, because nothing shows which are right."
        self._remarks.say(f"off level {coin}", text, code="history_off_level")

    def _say_refused(self, coin: str, feed: Feed, by_day: Closes, refused: Mapping[date, str]) -> None:
        label = feed.exchange.label
        for day, why in sorted(refused.items())[-NAMED:]:
            self._remarks.say(
                f"refused {coin} {day}", f"{coin}: {label}'s close of {day} is refused: {why}.", "close_refused"
            )
        if len(refused) > NAMED:
            text = f"{coin}: {label}'s closes of {len(refused) - NAMED} more days, from {min(refused)} on, are refused."
            self._remarks.say(f"refused {coin}", text, code="close_refused")
        first, last = min(by_day), max(by_day)
        gaps = (last - first).days + 1 - len(by_day) - sum(first < day < last for day in refused)
        if gaps > 0:
            self._remarks.say(
                f"gaps {coin}",
                f"{coin}: {label} has no close for {gaps} {'day' if gaps == 1 else 'days'} of its "
                "history; they are left out, not filled.",
                code="gaps",
            )


def _compared(coin: str, by_day: Closes, opinions: Sequence[Opinion]) -> Comparison:
    """The comparison of a coin's histories. Of coins that are not traded everywhere, they may be less exact."""
    found = compared(by_day, opinions)
    is_exact = found.inexactness < (INEXACT if coin in MAJORS else INEXACT_MINOR)
    return replace(found, inexactness=0.0, inexact=()) if is_exact else found


def _why_refuted(comparison: Comparison) -> str:
    """Why the history of an exchange is not used, after that exchange's name."""
    if comparison.is_of_other_days:
        return f"daily changes do not match those of other exchanges (to {comparison.days[-1]})"
    return (
        f"belongs to another price: other exchanges contradict {len(comparison.days)} of its days up to "
        f"{comparison.days[-1]}"
    )


def _price(coin: str, feed: Feed) -> float | None:
    """The exchange's own price, in the currency of its closes, or None if it is unavailable."""
    try:
        price = feed.price(coin)
    except SourceUnavailable:
        return None
    return price.price if price is not None else None


def _by_row(by_day: Closes) -> Floats:
    """The closes of consecutive days from the first to the last; NaN for a day without one."""
    first = min(by_day)
    closes = np.full((max(by_day) - first).days + 1, np.nan)
    for day, close in by_day.items():
        closes[(day - first).days] = close
    return closes
