"""The plan in this browser session.

Everything that the user decides lives in one `HedgePlan`; widgets only show it. A widget is seeded from the plan
before it is drawn and writes back in its callback, so that the whole page, the summary strip included, is drawn
from the new plan and a page change or a loaded file cannot leave a widget behind.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError, HedgePlan, Holding, MarketSnapshot, assess
from hedge_core.errors import MissingPrice
from hedge_core.exposure.evidence import Evidence
from hedge_core.history.backtest import Comparison, compare_hedges
from hedge_core.market.coins import is_stablecoin
from hedge_core.plan.bag import HoldingRows
from pages.ui.session import live_prices, prices, turns

T = TypeVar("T")
MOST_WINDOWS = 16
"""Windows whose evidence is kept for all sessions; the pages offer four, a file may ask for any."""

BAG_COLUMNS = ("coin", "quantity", "role", "stop_loss", "own_price", "note")


def plan() -> HedgePlan:
    """This session's plan (an empty one at first)."""
    if "plan" not in st.session_state:
        open_plan(HedgePlan(market=first_market()))
    current: HedgePlan = st.session_state.plan
    return current


def first_market() -> str:
    """The source that this server starts with; files of the server are not for its visitors."""
    name = live_prices.settings().market
    return name if live_prices.is_live(name) else prices.SAMPLE


def set_plan(new: HedgePlan) -> None:
    """Take `new` as the plan, keeping the bag as it was typed."""
    st.session_state.plan = new


def open_plan(new: HedgePlan) -> None:
    """Take `new` as the plan and lay its bag out afresh in the table."""
    st.session_state.plan = new
    put_rows([row(holding, new.overrides.prices.get(holding.coin)) for holding in new.holdings])


def row(holding: Holding, own_price: float | None) -> dict[str, Any]:
    """A holding as a row of the table; the stop-loss in percent."""
    return {
        "coin": holding.coin,
        "quantity": holding.quantity,
        "role": holding.role,
        "stop_loss": None if holding.stop_loss is None else holding.stop_loss * 100,
        "own_price": own_price,
        "note": holding.note,
    }


def rows() -> list[dict[str, Any]]:
    """The bag as it stands in the table, faulty rows included."""
    plan()
    typed: list[dict[str, Any]] = st.session_state.bag_rows
    return typed


def put_rows(new: list[dict[str, Any]]) -> None:
    """Show these rows in the table, as a fresh table."""
    st.session_state.bag_rows = new
    st.session_state.bag_version = st.session_state.get("bag_version", 0) + 1


def read_rows(typed: list[dict[str, Any]], current: HedgePlan) -> tuple[HedgePlan, HoldingRows]:
    """The plan with the good rows as its bag, and what was read, faults included (row 1 is the first)."""
    read = HoldingRows()
    own_prices: dict[str, float] = {}
    for number, cells in enumerate(typed, start=1):
        if not any(cells.get(name) not in (None, "") for name in ("coin", "quantity")):
            continue
        stop = cells.get("stop_loss")
        holding = read.add(number, {**cells, "stop_loss": None if stop is None else stop / 100})
        price = read.own_price(number, cells.get("own_price"))
        if holding is not None and price is not None:
            own_prices[holding.coin] = price
    in_bag = {holding.coin for holding in read.holdings} | {h.coin for h in current.holdings}
    kept = {coin: price for coin, price in current.overrides.prices.items() if coin not in in_bag}
    updated = current.with_overrides(prices={**kept, **own_prices})
    is_example = current.is_example and tuple(read.holdings) == current.holdings
    return replace(updated, holdings=tuple(read.holdings), is_example=is_example), read


def assessment() -> HedgeAssessment | None:
    """The plan worked out on the market, or None (the strip says why); computed once in a run of the script."""
    market = prices.market(plan())
    if market is None or not plan().holdings:
        st.session_state.assessment_error = None
        return None
    known = st.session_state.get("assessed")
    if known is None or known[0] is not plan() or known[1] is not market:
        known = (plan(), market, *_assess(plan(), market, _known_evidence(market)))
        st.session_state.assessed = known
        if known[2] is not None:
            _keep_evidence(market, known[2].evidence)
    st.session_state.assessment_error = known[3]
    st.session_state.unpriced = known[4]
    result: HedgeAssessment | None = known[2]
    return result


def forget_assessment() -> None:
    """At the end of a run: working it out again takes a millisecond or two, holding it a quarter of a session's memory.

    Whole counts that were searched for together take longer, and are kept.
    """
    if plan().decisions.rounding != "optimal":
        st.session_state.pop("assessed", None)


@st.cache_resource(max_entries=1, show_spinner=False)
def _sample_evidence() -> dict[int, Evidence]:
    """What the sample's past says of its coins, by the days of the window, for every session.

    It follows from the sample and the window alone and nothing of a bag is in it. Two sessions that work at the same
    time may each write theirs: the later one stands, and what it lacks is worked out again.
    """
    return {}


def _known_evidence(market: MarketSnapshot) -> Evidence | None:
    if market is prices.sample_market():
        return _sample_evidence().get(plan().decisions.window_days)
    kept: Evidence | None = st.session_state.get("evidence")
    return kept


def _keep_evidence(market: MarketSnapshot, evidence: Evidence) -> None:
    if market is not prices.sample_market():
        st.session_state.evidence = evidence
        return
    shared = _sample_evidence()
    if evidence.window_days in shared or len(shared) < MOST_WINDOWS:
        shared[evidence.window_days] = evidence


def _assess(
    current: HedgePlan, market: MarketSnapshot, evidence: Evidence | None
) -> tuple[HedgeAssessment | None, str | None, tuple[str, ...]]:
    """The assessment, or why there is none and which coins are to blame for want of a price."""
    try:
        return assess(current, market, evidence), None, ()
    except MissingPrice as error:
        return None, str(error), error.coins
    except HedgeError as error:
        return None, str(error), ()


def unpriced() -> tuple[str, ...]:
    """The coins without a price that keep the plan from being worked out."""
    coins: tuple[str, ...] = st.session_state.get("unpriced", ())
    return coins


def leaves_something(coins: Collection[str]) -> bool:
    """Whether the bag without these coins holds more than stablecoins; False if there are no such coins."""
    held = {holding.coin for holding in plan().holdings if not is_stablecoin(holding.coin)}
    return bool(coins) and not held <= set(coins)


def leave_out(coins: Collection[str]) -> None:
    """Callback: the bag without these coins (undo brings them back)."""
    kept = [row for row in rows() if str(row.get("coin") or "").strip().upper() not in set(coins)]
    put_rows(kept)
    updated, _ = read_rows(kept, plan())
    set_plan(updated)


def comparison(result: HedgeAssessment) -> Comparison | None:
    """The bag's hedges tested on history; worked out again only when something that it rests on has changed."""
    decisions = result.plan.decisions
    key = (
        result.market.history,
        tuple((p.moves_with, p.value, p.route, p.estimates) for p in result.hedged_coins),
        (decisions, result.plan.overrides, tuple(leg.contracts for leg in result.legs)),
    )
    _, earlier = st.session_state.get("memos", {}).get("comparison", (None, None))
    return memo("comparison", key, lambda: compare_hedges(result, earlier))


def basis(result: HedgeAssessment) -> tuple[object, ...]:
    """All that follows from `result` follows from this: a key for `memo` that lasts longer than one assessment.

    It keeps no market alive.
    """
    return result.plan, weakref.ref(result.market)


def memo(name: str, key: object, compute: Callable[[], T], *, is_long: bool = False) -> T:
    """What `compute` gives, worked out again only when `key` is another than the last time under this name.

    Other pages are drawn while a long one is worked out.
    """
    known: tuple[object, T] | None = st.session_state.setdefault("memos", {}).get(name)
    if known is None or known[0] != key:
        with turns.long_work() if is_long else nullcontext():
            known = (key, compute())
        st.session_state.memos[name] = known
    return known[1]


def note_on_screen() -> None:
    """Once a run of the whole page: what is drawn is this plan on these prices."""
    st.session_state.on_screen = plan(), prices.market(plan())


def is_on_screen() -> bool:
    """Whether the page around a fragment still shows the plan on the prices of now."""
    shown = st.session_state.get("on_screen", (None, None))
    return shown[0] is plan() and shown[1] is prices.market(plan())


def seed(key: str, value: object) -> str:
    """Give the widget `key` this value unless it shows it already; returns the key."""
    st.session_state.setdefault("seeded", set()).add(key)
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def enter_page(name: str) -> None:
    """On a page change, forget what widgets showed: a widget of the same key on another page starts anew."""
    if st.session_state.get("page") != name:
        st.session_state.page = name
        for key in st.session_state.pop("seeded", set()):
            st.session_state.pop(key, None)


def decide(name: str, key: str, scale: float = 1.0) -> None:
    """Callback: take the widget's value as the decision `name`."""
    value = st.session_state[key]
    if scale != 1.0 and value is not None:
        value = round(value * scale, 12)
    set_plan(plan().with_decisions(**{name: value}))


def remember(key: str, default: Any) -> Any:
    """A value of this session that is not part of the plan and survives page changes."""
    kept: dict[str, Any] = st.session_state.setdefault("kept", {})
    return kept.setdefault(key, default)


def recall(key: str) -> bool:
    """Whether something is remembered under this key."""
    return key in st.session_state.get("kept", {})


def keep(key: str) -> None:
    """Callback: remember the widget's value under its own key."""
    st.session_state.setdefault("kept", {})[key] = st.session_state[key]


def override(name: str, coin: str, value: object) -> None:
    """Set or (with None) lift one override of the plan, such as the beta of a coin."""
    values: Mapping[str, object] = getattr(plan().overrides, name)
    changed = {**values, coin: value} if value is not None else {k: v for k, v in values.items() if k != coin}
    set_plan(plan().with_overrides(**{name: changed}))
