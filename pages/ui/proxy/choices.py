"""The parts of the proxy page: the choices, one coin's evidence, the override, the correlations."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from hedge_core import BetaEstimate, HedgeAssessment
from hedge_core.exposure.betas import correlations, rolling_exposure
from hedge_core.exposure.proxies import Candidate, judge
from hedge_core.hedge.held_coins import HeldCoin, Route
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.plan.plan import LEAST_BETA
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import state

AUTOMATIC = "Automatic"
ROUTES: Mapping[Route, str] = {
    "none": "–",
    "own future": "its own future",
    "set by you": "set by you",
    "proxy": "one proxy",
    "bag": "with the bag",
}
ROLLING_WINDOW = 90


def draw_choices(result: HedgeAssessment) -> None:
    """One line a coin: what is shorted for it and why."""
    rows = [_choice_row(p) for p in result.held_coins if p.choice is not None]
    elements.table(
        rows,
        key="proxy_choices",
        right=(
            "Beta",
            "Own risk",
        ),
    )
    elements.reading(
        "Own risk is the share of a coin's daily variance that its closest proxy does not explain. You keep it, as "
        "you keep the risk of hacks, unlocks and delistings."
    )


def _choice_row(held: HeldCoin) -> dict[str, str]:
    is_hedged = held.status == "hedged"
    label = "speculative, not hedged" if held.status == "speculative" else held.reason
    return {
        "Coin": held.holding.coin,
        "Short": ", ".join(held.proxies) if is_hedged and held.proxies else "nothing",
        "How": ROUTES[held.route],
        "Fit": _fit(held),
        "Beta": _signed(held.beta) if is_hedged and held.beta is not None else "–",
        "Own risk": _own_risk(held),
        "Why": label,
    }


def _fit(held: HeldCoin) -> str:
    chosen = held.choice.chosen if held.choice else None
    if held.route == "own future":
        return "exact"
    if chosen is None and held.route != "bag":
        return "no hedge"
    found, own = _regressed(held) if held.route == "bag" else [], chosen.estimate if chosen else None
    closest = max(found, key=lambda estimate: estimate.correlation or 0.0, default=own)
    return judge(closest)[0] if closest is not None else "unknown"


def _own_risk(held: HeldCoin) -> str:
    """1 − R² against the closest of what is (or could be) shorted; nothing where its own future is."""
    if held.route == "own future":
        return "covered"
    found = [estimate for estimate in _regressed(held) if estimate.beta > 0]
    shares = [estimate.r_squared for estimate in found if estimate.r_squared is not None]
    return f"{1.0 - max(shares):.0%}" if shares else "unknown"


def _regressed(held: HeldCoin) -> list[BetaEstimate]:
    """Regressions on the proxies in use; on every proxy where none is."""
    candidates = [c for c in (held.choice.candidates if held.choice else ()) if c.proxy != held.moves_with]
    used = [c for c in candidates if c.proxy in held.proxies] or candidates
    return [c.estimate for c in used if c.estimate is not None and c.estimate.correlation is not None]


def _estimate_cells(estimate: BetaEstimate | None) -> dict[str, str]:
    interval = estimate.interval_to_come if estimate else None
    return {
        "Beta": _signed(estimate.beta) if estimate else "–",
        "Next 90 days (95%)": f"{_signed(interval[0])} to {_signed(interval[1])}" if interval else "unknown",
        "Correlation": _signed(estimate.correlation) if estimate and estimate.correlation is not None else "–",
        "Days": f"{estimate.observations}" if estimate and estimate.observations else "–",
    }


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def coin_choice(result: HedgeAssessment) -> HeldCoin | None:
    """The coin to look at closely."""
    held_coins = {p.holding.coin: p for p in result.held_coins if p.choice is not None}
    if not held_coins:
        st.info("No coin in this bag needs a proxy.")
        return None
    estimated = [coin for coin, p in held_coins.items() if p.route in ("proxy", "bag")]
    first = next(iter([*estimated, *held_coins]))
    wanted = state.remember("proxy_coin", first)
    coin = st.selectbox(
        "Coin",
        list(held_coins),
        key=state.seed("proxy_coin", wanted if wanted in held_coins else first),
        on_change=state.keep,
        args=("proxy_coin",),
    )
    return held_coins[coin]


def draw_override(held: HeldCoin) -> None:
    """Set the proxy or the beta of one coin by hand."""
    coin = held.holding.coin
    overrides = state.plan().overrides
    proxies = [c.proxy for c in held.choice.candidates] if held.choice else list(PROXY_COINS)
    current = overrides.proxies.get(coin, AUTOMATIC)
    options = list(dict.fromkeys([AUTOMATIC, *proxies, current]))
    key = state.seed(f"proxy_of_{coin}", current)
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
    )


def _set_proxy(coin: str, key: str) -> None:
    choice = st.session_state[key]
    state.override("proxies", coin, None if choice == AUTOMATIC else choice)


def _set_beta(coin: str, key: str) -> None:
    state.override("betas", coin, st.session_state[key])


def draw_evidence(result: HedgeAssessment, held: HeldCoin) -> None:
    """The regression of one coin on its proxy and how stable it was."""
    assert held.choice is not None
    coin = held.moves_with
    shown = _for_regression(held)
    if shown is None or shown.estimate is None:
        st.info(f"No regression for {md(coin)}: {md(held.reason)}")
        return
    history, proxy, window = result.market.history, shown.proxy, shown.estimate.window_days
    if coin not in history or proxy not in history:
        st.info("These numbers come without their history, so the regression behind them cannot be drawn.")
        return
    left, right = st.columns(2)
    with left:
        elements.chart(
            charts.regression_scatter(
                coin=coin,
                proxy=proxy,
                coin_returns=history.returns_of(coin)[-window:],
                proxy_returns=history.returns_of(proxy)[-window:],
                estimate=shown.estimate,
            ),
            key="regression",
        )
        elements.reading(charts.regression_reading(shown.estimate))
    with right:
        betas, rho = rolling_exposure(history, coin, proxy, window=ROLLING_WINDOW)
        elements.chart(
            charts.rolling_exposure(
                coin=coin,
                proxy=proxy,
                days=history.days[1:],
                betas=betas,
                correlations=rho,
                window=ROLLING_WINDOW,
                interval=shown.estimate.interval_to_come,
            ),
            key="rolling",
        )
        elements.reading(charts.rolling_reading(betas, rho))
    calibration = result.evidence.calibrations.get(proxy)
    if calibration is not None:
        st.caption(
            f"The interval for the next 90 days reaches {calibration.factor:.1f} standard errors either way: 95% of "
            f"{calibration.forecasts:,} past estimates, on all coins of this market, missed by no more. The textbook's "
            f"1.96 would have held {calibration.textbook_share:.0%} of them."
        )
    else:
        st.caption(
            "The history is too short to say how far the next beta may lie from this one; the textbook's interval is "
            "drawn instead, and the next quarter's beta often falls outside it."
        )


def draw_candidates(result: HedgeAssessment, held: HeldCoin) -> None:
    """Every way to hedge one coin, side by side."""
    assert held.choice is not None
    st.markdown(f"**Candidates for {md(held.holding.coin)}**")
    elements.table(
        [_candidate_row(result, candidate, held) for candidate in held.choice.candidates],
        key="candidates",
        right=(
            "Beta",
            "Next 90 days (95%)",
            "Correlation",
            "Days",
            "Out of sample",
        ),
    )
    st.markdown("\n".join(f"- **{md(one.proxy)}:** {md(one.reason)}" for one in held.choice.candidates))
    elements.reading(
        "Verdicts go by the correlation; grades by the share of the daily variance that tests took out, which is about "
        "its square. A proxy that is just good (0.7) takes out about half and earns a C or a D; an A needs 0.9."
    )


def _candidate_row(result: HedgeAssessment, candidate: Candidate, held: HeldCoin) -> dict[str, str]:
    chosen = held.choice.chosen if held.choice else None
    return {
        "Short": candidate.proxy + (" (chosen)" if chosen is candidate and held.route != "bag" else ""),
        "Contract": candidate.contract.id if candidate.contract else "none here",
        "Verdict": candidate.verdict,
        **_estimate_cells(candidate.estimate),
        "Out of sample": _tested_text(candidate),
        "Beta in the tests": _range_text(result, candidate),
    }


def _tested_text(candidate: Candidate) -> str:
    """The variance reduction with its interval and grade."""
    tested = candidate.effectiveness
    if candidate.verdict == "own future":
        return "one to one"
    if tested is None:
        return "unknown"
    low, high = tested.variance_interval
    return f"{tested.variance_reduction:.0%} ({low:.0%} to {high:.0%}), {tested.grade}".replace("-", "−")


def _range_text(result: HedgeAssessment, candidate: Candidate) -> str:
    found = result.evidence.beta_ranges.get((candidate.coin, candidate.proxy))
    return f"{_signed(found[0])} to {_signed(found[1])}" if found else "–"


def _for_regression(held: HeldCoin) -> Candidate | None:
    """The chosen candidate if it rests on a regression, else the first that does."""
    assert held.choice is not None
    chosen = held.choice.chosen
    ordered = [*([chosen] if chosen else []), *held.choice.candidates]
    return next((c for c in ordered if c.estimate is not None and c.estimate.is_measured), None)


def draw_correlations(result: HedgeAssessment) -> None:
    """How the coins of the bag and the proxies moved together."""
    held = [p.moves_with for p in sorted(result.held_coins, key=lambda p: -p.value) if p.choice is not None]
    coins = [c for c in dict.fromkeys([*PROXY_COINS, *held]) if c in result.market.history][:15]
    if len(coins) < 2:
        return
    st.header("How the coins move together")
    matrix = correlations(result.market.history, coins, window_days=result.plan.decisions.window_days)
    elements.chart(charts.correlation_heatmap(coins=coins, matrix=matrix), key="correlations")
    elements.reading(charts.correlation_reading(coins, matrix))
