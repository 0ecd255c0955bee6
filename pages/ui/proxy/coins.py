"""The coins of the bag, each with what hedges it and the risk that is left; a press on a coin opens its evidence."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.exposure.proxies import Candidate, ranking_sentence
from hedge_core.exposure.stand_ins import StandIns, compare_stand_ins
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.plan.plan import LEAST_BETA
from pages.ui import charts
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md
from pages.ui.session import memo, state

AUTOMATIC = "Automatic"
OPEN = "proxy_coin"
"""Under which the coin that is open is remembered."""

MOST_ROWS = 12
"""Coins with a row of their own, the largest; the others are opened from a menu."""


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """One row for each coin; the open one with its evidence under it."""
    held_coins = sorted((one for one in result.held_coins if one.choice is not None), key=lambda one: -one.value)
    if not held_coins:
        st.info("No coin in this bag needs a hedge.")
        return
    with st.container(key="coin_rows", gap=None):
        with st.container(key="coin_head"):
            for title in ("Coin", "Hedged with", "Risk left"):
                st.caption(title)
        for number, held in enumerate(held_coins[:MOST_ROWS]):
            _row(result, number, held)
            if _open() == held.holding.coin:
                _draw_open(result, held)
    _others(result, held_coins[MOST_ROWS:])
    elements.reading(
        "Risk left: the share of a coin's daily variance that its hedge does not remove. The risk of hacks, unlocks "
        "and delistings also stays with you."
    )


def open_coin(result: HedgeAssessment) -> HeldCoin | None:
    """The coin whose evidence is open, or None."""
    return next((held for held in result.held_coins if held.holding.coin == _open() and held.choice), None)


def _open() -> str | None:
    coin: str | None = state.remember(OPEN, None)
    return coin


def _toggle(coin: str) -> None:
    st.session_state.setdefault("kept", {})[OPEN] = None if _open() == coin else coin


def _row(result: HedgeAssessment, number: int, held: HeldCoin) -> None:
    coin = held.holding.coin
    is_open = _open() == coin
    with st.container(key=f"coin_row_{number}"):
        st.markdown(f"**{md(coin)}** :material/{'expand_less' if is_open else 'expand_more'}:")
        st.markdown(md(hedged_with(held)))
        st.markdown(md(elements.risk_left(result, held)))
        verb = "Close" if is_open else "Open"
        st.button(f"{verb} {md(coin)}", key=f"coin_press_{number}", type="tertiary", on_click=_toggle, args=(coin,))


def _others(result: HedgeAssessment, held_coins: list[HeldCoin]) -> None:
    """The menu of the coins without a row, and the one of them that is open."""
    if not held_coins:
        return
    names = [held.holding.coin for held in held_coins]
    key = state.seed(f"{OPEN}_other", _open() if _open() in names else None)
    chosen = st.selectbox(f"One of {len(names)} smaller coins", names, index=None, key=key)
    if chosen is not None:
        st.session_state.setdefault("kept", {})[OPEN] = chosen
        _draw_open(result, held_coins[names.index(chosen)])


def hedged_with(held: HeldCoin) -> str:
    """What the coin is hedged with, in a few words."""
    by = elements.hedged_by(held)
    return f"{by} (set by you)" if held.route == "set by you" else by


def _draw_open(result: HedgeAssessment, held: HeldCoin) -> None:
    """Which stand-in is better and how sure that is, the scatter, and the choice of another."""
    with st.container(border=True, key="coin_open"):
        st.markdown(f"**{md(verdict(result, held))}**")
        words, picture = st.columns([5, 6], gap="large")
        with picture:
            shown = regressed(held)
            if shown is not None:
                _scatter(result, held, shown)
        with words:
            if shown is not None and shown.estimate is not None:
                elements.reading(charts.regression_reading(shown.estimate))
            _override(held)


def verdict(result: HedgeAssessment, held: HeldCoin) -> str:
    """Which stand-in for the coin is better, and whether the difference is sure; why that is unknown if it is."""
    assert held.choice is not None
    found = stand_ins(result, held)
    text = found.sentence if found is not None else ""
    if found is None:
        ranking = ranking_sentence(held.choice)
        unsure = "The history is too short to test how sure that is."
        text = f"{ranking} {unsure}" if ranking else held.reason
    if held.route == "own future" and found is not None:
        text += " Its own future is better than either: it follows the coin one to one."
    return text


def stand_ins(result: HedgeAssessment, held: HeldCoin) -> StandIns | None:
    """The two best stand-ins for the coin, tested on the same days."""
    assert held.choice is not None
    history, window = result.market.history, result.plan.decisions.window_days
    proxies = tuple(one.proxy for one in held.choice.candidates if one.proxy != held.moves_with)
    key = history, held.moves_with, proxies, window
    return memo.memo("stand_ins", key, lambda: compare_stand_ins(history, held.moves_with, proxies, window_days=window))


def regressed(held: HeldCoin) -> Candidate | None:
    """The chosen candidate if it rests on a regression, else the first that does."""
    assert held.choice is not None
    chosen = held.choice.chosen
    ordered = [*([chosen] if chosen else []), *held.choice.candidates]
    return next((c for c in ordered if c.estimate is not None and c.estimate.is_measured), None)


def _scatter(result: HedgeAssessment, held: HeldCoin, shown: Candidate) -> None:
    assert shown.estimate is not None
    history, coin, proxy = result.market.history, held.moves_with, shown.proxy
    if coin not in history or proxy not in history:
        st.info("These numbers come without their history, so the days behind them cannot be drawn.")
        return
    window = shown.estimate.window_days
    elements.chart(
        charts.regression_scatter(
            coin=coin,
            proxy=proxy,
            coin_returns=history.returns_of(coin)[-window:],
            proxy_returns=history.returns_of(proxy)[-window:],
            estimate=shown.estimate,
        ),
        key="regression",
        alt=charts.regression_reading(shown.estimate),
    )


def _override(held: HeldCoin) -> None:
    """Set the proxy or the beta of the coin by hand."""
    assert held.choice is not None
    coin, overrides = held.holding.coin, state.plan().overrides
    proxies = [one.proxy for one in held.choice.candidates] or list(PROXY_COINS)
    current = overrides.proxies.get(coin, AUTOMATIC)
    key = state.seed(f"proxy_of_{coin}", current)
    options = list(dict.fromkeys([AUTOMATIC, *proxies, current]))
    st.selectbox(f"Short for {md(coin)}", options, key=key, on_change=_set_proxy, args=(coin, key))
    beta_key = state.seed(f"beta_of_{coin}", overrides.betas.get(coin))
    st.number_input(
        f"Beta of {md(coin)}, if you know better",
        value=None,
        min_value=LEAST_BETA,
        max_value=20.0,
        step=0.05,
        placeholder="estimated",
        key=beta_key,
        on_change=_set_beta,
        args=(coin, beta_key),
        help="How far the coin moves when what you short moves by 1%.",
    )


def _set_proxy(coin: str, key: str) -> None:
    choice = st.session_state[key]
    state.override("proxies", coin, None if choice == AUTOMATIC else choice)


def _set_beta(coin: str, key: str) -> None:
    state.override("betas", coin, st.session_state[key])
