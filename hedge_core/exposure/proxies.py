"""Choose the proxy of a coin: the contract to short in order to hedge it.

The coin's own future is the most exact. Without one, Ether or Bitcoin is the proxy if it moves closely enough with the
coin: a correlation of 0.7 or above is good; below 0.5 most of the coin's moves are its own, and the proxy is not
recommended. Among proxies, the one that did best out of sample is chosen, not the one with the best fit. No proxy
covers events of a single coin, such as hacks, unlocks or delistings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hedge_core.errors import InsufficientHistory
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.effectiveness import Effectiveness
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import PROXY_COINS

GOOD_CORRELATION = 0.7
WEAK_CORRELATION = 0.5

NOTICEABLE = 0.02
"""A year of daily returns cannot distinguish correlations that differ by less than this."""

Verdict = Literal["own future", "good", "usable", "weak", "unusable", "unknown"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to hedge a coin: a proxy, its contract at the venue, the beta, and a verdict with its reason."""

    coin: str
    proxy: str
    contract: Contract | None
    estimate: BetaEstimate | None
    verdict: Verdict
    reason: str
    effectiveness: Effectiveness | None = None

    @property
    def is_recommended(self) -> bool:
        """Whether a short can be sized with it and the proxy moves closely enough with the coin."""
        return self.is_hedgeable and self.verdict in ("own future", "good", "usable")

    @property
    def is_hedgeable(self) -> bool:
        """Whether a short can be sized with it: a contract, and a beta above zero."""
        return self.contract is not None and self.estimate is not None and self.estimate.beta > 0


@dataclass(frozen=True, slots=True)
class ProxyChoice:
    """The candidates for a coin and the chosen one (None: no proxy suits the coin alone; `reason` says why).

    `own_is_usable`: the coin has a future of its own, and what is to be shorted rounds to at least one lot of it.
    """

    coin: str
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    is_override: bool
    reason: str
    own_is_usable: bool = False

    @property
    def is_own_future(self) -> bool:
        """Whether the coin is hedged with a future of its own that suits its size."""
        chosen = self.chosen
        return self.own_is_usable and not self.is_override and chosen is not None and chosen.proxy == self.coin


def ranking_sentence(choice: ProxyChoice) -> str:
    """Say which proxy has the highest correlation with the coin, which is next, and whether it has its own future.

    '' if no proxy has a known correlation.
    """
    known = sorted(
        (
            (one.estimate.correlation, one)
            for one in choice.candidates
            if one.proxy != choice.coin and one.estimate is not None and one.estimate.correlation is not None
        ),
        key=lambda pair: -pair[0],
    )
    if not known:
        return ""
    (first, best), *others = known
    text = f"The closest proxy for {choice.coin} is {best.proxy} (correlation {first:.2f})"
    if others:
        second, other = others[0]
        text += f"; {other.proxy} is {'about as' if first - second < NOTICEABLE else 'less'} close ({second:.2f})"
    own = next((one for one in choice.candidates if one.proxy == choice.coin and one.contract is not None), None)
    if own is not None and own.contract is not None:
        text += f". Its own future at this venue ({own.contract.code}) is closer than any proxy"
    return f"{text}."


def judge(estimate: BetaEstimate | InsufficientHistory) -> tuple[Verdict, str]:
    """Return the verdict on a proxy and a sentence that explains it."""
    if isinstance(estimate, InsufficientHistory):
        return "unknown", str(estimate) if estimate.found else _without_history(estimate.coin)
    if estimate.is_own_future:
        return (
            "own future",
            f"A future on {estimate.coin} itself, which follows the coin one to one. Check that it is liquid enough.",
        )
    if estimate.is_stated:
        return "usable", f"You set the beta of {estimate.coin} to {estimate.proxy} at {estimate.beta:.2f}."
    rho = estimate.correlation or 0.0
    if estimate.beta <= 0:
        return "unusable", f"{estimate.coin} has not moved with {estimate.proxy} (beta {estimate.beta:.2f})."
    shared = f"{estimate.proxy} explains {rho * rho:.0%} of its daily variance"
    if rho >= GOOD_CORRELATION:
        return "good", f"Correlation {rho:.2f}: {shared}."
    if rho >= WEAK_CORRELATION:
        return "usable", f"Correlation {rho:.2f}, below {GOOD_CORRELATION}: {shared}, so expect a loose hedge."
    return (
        "weak",
        f"Correlation {rho:.2f}, below {WEAK_CORRELATION}: {shared}, so it hedges {estimate.coin} poorly.",
    )


def _without_history(coin: str) -> str:
    """The same for every proxy, so that it is said once."""
    return (
        f"The beta of {coin} cannot be estimated without past prices. Set a beta for {coin} by hand, or upload daily "
        "closes."
    )


def choose_proxy(
    coin: str,
    *,
    value: float,
    least_lots: float = 1.0,
    own_price: float | None,
    estimates: Mapping[str, BetaEstimate | InsufficientHistory],
    contracts: Mapping[str, Contract],
    effectiveness: Mapping[str, Effectiveness] | None = None,
    proxies: Sequence[str] = PROXY_COINS,
    proxy_override: str | None = None,
    beta_override: float | None = None,
) -> ProxyChoice:
    """Choose the proxy of a coin of which `value` USD are to be shorted.

    `contracts` is the contract to use for each underlying, `estimates` the beta to each proxy, and `effectiveness` the
    out-of-sample result of each proxy, if known. The choice is, in this order: `proxy_override`; the coin's own future,
    if `value` is at least `least_lots` contracts at `own_price` (USD per coin); the proxy that did best out of sample,
    or, if that is unknown, the one with the highest correlation. A proxy with a correlation below 0.5 is not chosen.
    `beta_override` replaces the beta of the chosen proxy.
    """
    candidates: list[Candidate] = []
    own_contract = contracts.get(coin)
    own_is_usable = False
    if own_contract is not None and own_price is not None:
        own_is_usable = value >= least_lots * own_contract.lot_notional(own_price)
        candidates.append(_own_future(coin, own_contract, own_price, is_usable=own_is_usable))
    for proxy in dict.fromkeys((*proxies, *((proxy_override,) if proxy_override else ()))):
        if proxy == coin:
            continue
        estimate: BetaEstimate | InsufficientHistory | None = estimates.get(proxy)
        if estimate is None:
            estimate = InsufficientHistory(coin, proxy, needed=1, found=0)
        if beta_override is not None and proxy == proxy_override:
            estimate = BetaEstimate.stated(coin, proxy, beta_override)
        tested = effectiveness.get(proxy) if effectiveness else None
        candidates.append(_other(coin, proxy, contracts.get(proxy), estimate, tested))

    chosen, reason = _choose(coin, candidates, own_is_usable, proxy_override, beta_override)
    if chosen is not None and beta_override is not None and chosen.proxy != coin:
        stated = BetaEstimate.stated(coin, chosen.proxy, beta_override)
        verdict, reason = judge(stated)
        replaced = Candidate(coin, chosen.proxy, chosen.contract, stated, verdict, reason, chosen.effectiveness)
        candidates = [replaced if candidate is chosen else candidate for candidate in candidates]
        chosen = replaced
    is_override = proxy_override is not None or (
        beta_override is not None and chosen is not None and chosen.proxy != coin
    )
    return ProxyChoice(coin, tuple(candidates), chosen, is_override, reason, own_is_usable)


def _own_future(coin: str, contract: Contract, price: float, *, is_usable: bool) -> Candidate:
    """The coin's own future at a price in USD per coin."""
    estimate = BetaEstimate.own(coin)
    verdict, reason = judge(estimate)
    if not is_usable:
        lot = contract.lot_notional(price)
        reason = f"One contract ({contract.size_text()}, ${lot:,.0f}) is too large for the amount to short."
    return Candidate(coin, coin, contract, estimate, verdict, reason)


def _other(
    coin: str,
    proxy: str,
    contract: Contract | None,
    estimate: BetaEstimate | InsufficientHistory,
    tested: Effectiveness | None,
) -> Candidate:
    """Another coin's future, with what its beta and its test say of it."""
    verdict, reason = judge(estimate)
    if contract is None:
        reason = f"No contract on {proxy} at this venue. {reason}"
    found = estimate if isinstance(estimate, BetaEstimate) else None
    if tested is not None and found is not None and not found.is_stated:
        reason = f"{reason} On unseen days it removed {tested.variance_reduction:.0%} of the variance."
    return Candidate(coin, proxy, contract, found, verdict, reason, tested)


def _choose(
    coin: str,
    candidates: Sequence[Candidate],
    own_is_usable: bool,
    proxy_override: str | None,
    beta_override: float | None,
) -> tuple[Candidate | None, str]:
    by_proxy = {candidate.proxy: candidate for candidate in candidates}
    if proxy_override is not None:
        wanted = by_proxy.get(proxy_override)
        if wanted is None or not wanted.is_hedgeable:
            why = wanted.reason if wanted is not None else f"No contract on {proxy_override} at this venue."
            return None, f"You chose {proxy_override} as the proxy, but it cannot be used. {why}"
        return wanted, f"You chose {proxy_override} as the proxy."
    own = by_proxy.get(coin)
    if own is not None and own_is_usable:
        return own, own.reason
    with_contract = [c for c in candidates if c.proxy != coin and c.contract is not None]
    if beta_override is not None and with_contract:
        best = max(with_contract, key=_merit)
        return best, best.reason
    usable = [candidate for candidate in with_contract if candidate.is_recommended]
    if usable:
        best = max(usable, key=_merit)
        return best, best.reason
    if own is not None:
        return own, own.reason
    if not with_contract:
        return None, f"This venue lists no contract on {coin}, {' or '.join(PROXY_COINS)}. Choose another venue."
    reasons = " ".join(dict.fromkeys(candidate.reason for candidate in with_contract))
    if any(candidate.verdict == "weak" for candidate in with_contract):
        reasons = f"No proxy is recommended. To hedge {coin} anyway, choose one yourself. {reasons}"
    return None, reasons


def _merit(candidate: Candidate) -> tuple[bool, float, float]:
    """Return a sort key: a better out-of-sample result ranks first, then a higher correlation."""
    tested, estimate = candidate.effectiveness, candidate.estimate
    correlation = -1.0 if estimate is None or estimate.correlation is None else estimate.correlation
    reduction = tested.variance_reduction if tested else 0.0
    return reduction > 0.0, reduction, correlation
