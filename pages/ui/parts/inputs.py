"""Inputs that several pages share. Each shows the plan and writes to it; none keeps a value of its own.

An input that may be on the screen twice, on a page and in a panel over it, takes a `place` that begins its key.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from hedge_core.hedge.breach import RULES, ToppedUp
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.held_coins import resolved
from hedge_core.market.contracts import catalogue
from hedge_core.market.residence import PLACES
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.market.venues import BY_VENUE
from hedge_core.plan.plan import MarginMode, WhenMarginRunsOut
from pages.ui.parts.format import md
from pages.ui.session import live_prices, prices, state

METHODS = {
    "beta_weighted": "Beta-weighted (recommended)",
    "notional": "Dollar for dollar",
    "guide_divided": "Divided by beta (an old example)",
}
ROUNDINGS = {
    "nearest": "Nearest",
    "down": "Down (keeps upside)",
    "up": "Up (more protection)",
    "optimal": "Best together (within the collateral)",
}
BREACHES: dict[WhenMarginRunsOut | None, str] = {
    None: "As the venue does",
    "topped_up": ToppedUp.title,
    "by_position": RULES["by_position"].title,
    "reduced": RULES["reduced"].title,
    "closed": RULES["closed"].title,
}
MARGIN_MODES: dict[MarginMode | None, str] = {
    None: "As the venue does (assumed: cross)",
    "cross": "Cross: one account for all",
    "isolated": "Isolated: each its own",
}
APPROACHES = {
    "recommended": "Recommended",
    "bag_level": "As one bag",
    "coin_by_coin": "Coin by coin",
}


def _decision(name: str, place: str = "") -> dict[str, Any]:
    """What an input needs that shows a decision of the plan and writes it back."""
    key = f"{place}{name}"
    return {
        "key": state.seed(key, getattr(state.plan().decisions, name)),
        "on_change": state.decide,
        "args": (name, key),
    }


def hedge_slider(place: str = "") -> None:
    """The hedge ratio, in percent."""
    key = f"{place}hedge_share"
    st.slider(
        "How much of a crash should the hedge absorb?",
        min_value=0,
        max_value=100,
        step=5,
        format="%d%%",
        key=state.seed(key, 100 - round(state.plan().decisions.risk_accepted * 100)),
        on_change=_set_hedge_share,
        args=(key,),
        help="0%: hedge nothing. 100%: hedge everything, which also gives up the gains.",
    )


def _set_hedge_share(key: str) -> None:
    share = int(st.session_state[key])
    state.set_plan(state.plan().with_decisions(risk_accepted=round((100 - share) / 100, 12)))


def method_choice() -> None:
    """The sizing method."""
    st.radio(
        "Sizing method",
        list(METHODS),
        format_func=METHODS.__getitem__,
        **_decision("method"),
        help="Beta-weighted shorts value × beta × hedge ratio and offsets the share that you chose.",
    )


def approach_choice() -> None:
    """How coins are matched with what is shorted."""
    st.radio(
        "How to match coins and contracts",
        list(APPROACHES),
        format_func=APPROACHES.__getitem__,
        **_decision("approach"),
        help="Recommended: each coin's own future where there is a usable one, then what you set, and the rest as one "
        "bag on several proxies. Coin by coin: one proxy for each.",
    )


def rounding_choice() -> None:
    """How exact counts become whole contracts."""
    st.radio(
        "Round to whole contracts",
        list(ROUNDINGS),
        format_func=ROUNDINGS.__getitem__,
        **_decision("rounding"),
        help="Best together looks for the whole counts of all contracts that as a whole come closest to the target, "
        "as far as your collateral goes.",
    )


def venue_choice() -> None:
    """The venue to short on."""
    plan = state.plan()
    known = catalogue().venues
    venues = list(dict.fromkeys((*known, *BY_VENUE))) if live_prices.is_live(plan.market) else list(known)
    current = plan.decisions.venue
    st.selectbox(
        "Venue",
        venues if current in venues else [*venues, current],
        **_decision("venue"),
        help="Where the contracts are listed. Check that it serves your country.",
    )
    market = prices.market(plan)
    contracts = known_contracts(plan, market) if market is not None else catalogue()
    coins = sorted({contract.underlying for contract in contracts if contract.venue == current})
    live = market.contracts if market is not None else ()
    here = {contract.underlying for contract in live if contract.venue == current and not contract.conflict}
    yours = () if market is None else (resolved(market, row.coin).moves_with for row in plan.holdings)
    listed = sorted(here & {*yours, *PROXY_COINS})
    if listed:
        st.caption(md(f"Of your coins, Bitcoin and Ether, {current} now lists contracts on {', '.join(listed)}."))
    elif current in BY_VENUE and not coins:
        st.caption(f"What {md(current)} lists is known with live prices only: choose an exchange (sidebar, Prices).")
    elif len(coins) < 6:
        st.caption(
            f"The catalogue knows contracts on {md(', '.join(coins))} here; the venue may list more, which you can "
            "define on the Size page."
        )


def residence_choice() -> None:
    """Where the holder lives, if the holder says so."""
    st.selectbox(
        "Where you live (optional)",
        list(PLACES),
        format_func=PLACES.__getitem__,
        key=state.seed("residence", state.plan().residence),
        on_change=_set_residence,
        help="Venues that do not serve you there are set aside, with the reason. For retail clients in the European "
        "Union the margin of perpetuals rises to half of the notional. Kept in your plan.",
    )


def _set_residence() -> None:
    state.change(residence=st.session_state["residence"])


def horizon_input() -> None:
    """Days for which the hedge is meant."""
    st.number_input(
        "Horizon (days)",
        min_value=1,
        max_value=730,
        step=1,
        **_decision("horizon_days"),
        help="How long you expect to keep the hedge; carry is counted over it.",
    )


def collateral_input(place: str = "") -> None:
    """USD set aside for margin."""
    st.number_input(
        "Cash to post (USD)",
        value=None,
        min_value=0.0,
        step=500.0,
        format="%.0f",
        placeholder="not decided",
        **_decision("collateral", place),
        help="Cash or stablecoins at the venue. Too little, and a rally ends the short before the fall comes.",
    )


def reserve_input(place: str = "") -> None:
    """USD kept ready besides the collateral."""
    st.number_input(
        "Cash to keep ready (USD)",
        min_value=0.0,
        step=500.0,
        format="%.0f",
        **_decision("reserve", place),
        help="Cash outside the venue that you would pay in before the short is closed.",
    )


def breach_choice() -> None:
    """What happens when margin runs out."""
    st.selectbox(
        "When margin runs out",
        list(BREACHES),
        format_func=BREACHES.__getitem__,
        **_decision("breach"),
    )


def margin_mode_choice() -> None:
    """How positions share the collateral."""
    st.selectbox(
        "Margin mode",
        list(MARGIN_MODES),
        format_func=MARGIN_MODES.__getitem__,
        **_decision("margin_mode"),
        help="Cross: a position that gains supports one that loses. Isolated: each has a share of the cash by its "
        "initial margin and ends by itself.",
    )


def rally_input() -> None:
    """The rally that the collateral must survive."""
    current = state.plan().decisions.rally_to_survive
    st.number_input(
        "Rally to survive (%)",
        min_value=0,
        max_value=500,
        step=5,
        key=state.seed("rally_to_survive", round(current * 100)),
        on_change=state.decide,
        args=("rally_to_survive", "rally_to_survive", 0.01),
        help="Best together sells only what survives this rise of the market. A smaller margin is warned about.",
    )


def window_choice() -> None:
    """Days of history that betas rest on."""
    current = state.plan().decisions.window_days
    st.select_slider(
        "History for betas (days)",
        sorted({90, 180, 365, 730, current}),
        **_decision("window_days"),
        help="A year is the default: in tests on real history, long windows hedged better than short ones.",
    )
