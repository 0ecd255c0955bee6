"""The basket: a bag of coins hedged with several of the coins on which a venue lists contracts, the *proxies*.

The return y of the bag at present weights is fitted by the returns X of the proxies, on the days that every proxy
and every old coin of the bag share:

    minimise  |y − X·b|² + Σ d_j·b_j²   over b >= 0

d_j is what Bitcoin and Ether do not explain of proxy j (`ridge`): a leg pays for the risk that it brings alone.
While Bitcoin and Ether are both in the basket, the hedged bag has no in-sample beta to either. The search starts with
these two and adds the proxy that lowers the objective most, one after the other; of proxies that lower it almost alike
it adds the one that is cheapest to trade and to carry.

On the proxies that are kept, the same ridge without the sign gives each coin its own betas, which add up to the
bag's by value. They can be negative; the split by coin is indicative. A *young* coin, with fewer than 95% of the
window's days, is left out of the fit: its betas are w·own + (1 − w)·mean of its peers, w = its share of the days.

The basket knows neither lots nor venues, and only the past: a leg that rallies alone loses money while the bag does not
gain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.influence import CloseInfluence, changes_without_each_close
from hedge_core.exposure.ridge import LEAST_WEIGHT, Ridge
from hedge_core.market.snapshot import MINIMUM_DAYS, Days, Floats

CORE = ("BTC", "ETH")
"""The proxies that the search starts with, and that pay no penalty."""

NOT_PEERS = frozenset(("BTC", "ETH", "SOL"))
"""Coins that say little about how a young altcoin moves."""

FULL_SHARE = 0.95
"""With a smaller share of the window's days a proxy is not used, and a coin is young."""

MINIMUM_PEERS = 3

LEGS_STAY = 0.01
"""Legs that are held stay unless others lower the objective by more than this share of the bag's variance."""

Bools = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.intp]
TooSmall = Callable[["Basket"], str | None]
"""The proxy to leave out because its short would be less than one lot; None if all are large enough."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Basket:
    """The betas of each coin to each proxy of the basket, shape (coins, proxies).

    `standard_errors`, of the same shape, are those of the ridge; those of a young coin include the spread of its peers.
    `observations` counts the days behind each coin's own betas; `is_young` marks the coins that lean on their peers.
    The bag was fitted on `days` of a window of `window_days`. `objective` is the least value of the objective on these
    proxies as a share of |y|²: what is left of the old coins' variance, with the penalty. None without old altcoins.
    """

    coins: tuple[str, ...]
    proxies: tuple[str, ...]
    betas: Floats
    standard_errors: Floats
    observations: npt.NDArray[np.int64]
    is_young: Bools
    days: int
    window_days: int
    objective: float | None = None

    def exposures(self, values: Mapping[str, float]) -> Floats:
        """Return the bag's exposure to each proxy in USD: the sum over coins of value times beta."""
        return np.asarray(np.array([values[coin] for coin in self.coins]) @ self.betas)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChange:
    """Legs that are held compared with the legs that fit best today.

    `gain` is how much the best ones lower the objective, as a share of the bag's variance; None if none of the held
    ones can be used any more. `kept` are the held ones that stay, () if the best ones replace them.
    """

    held: tuple[str, ...]
    best: tuple[str, ...]
    gain: float | None = None
    kept: tuple[str, ...] = ()


def most_extra_legs(value: float) -> int:
    """Return how many proxies a basket may have besides Bitcoin and Ether, for a bag worth `value` USD."""
    if value < 3_000.0:
        return 2
    return 3 if value <= 10_000.0 else 5


def eligible(returns: Floats) -> Bools:
    """Return which proxies can be used, from their `returns` in the window (days, proxies), NaN if missing.

    A proxy needs 95% of the days, at least MINIMUM_DAYS of them, and a price that moved.
    """
    known = ~np.isnan(returns)
    high = np.fmax.reduce(returns, axis=0, initial=-np.inf)
    low = np.fmin.reduce(returns, axis=0, initial=np.inf)
    return np.asarray((known.sum(axis=0) >= max(FULL_SHARE * len(returns), MINIMUM_DAYS)) & (high - low > 1e-9))


@dataclass(frozen=True, eq=False, kw_only=True)
class BasketFitter:
    """A bag and the proxies that may hedge it. `fit` can be repeated without some of the proxies.

    `coin_returns` (days, coins) and `proxy_returns` (days, proxies) are the daily simple returns of the window,
    NaN if missing. `values` are USD held of each coin: their proportions set the fit, and their size the USD of
    `influence`. `charges` are what a dollar short in each proxy costs, None if that makes no difference.
    """

    coins: tuple[str, ...]
    proxies: tuple[str, ...]
    coin_returns: Floats
    proxy_returns: Floats
    values: Floats
    charges: Floats | None = None

    def fit(self, extra_legs: int, *, without: Collection[str] = ()) -> Basket | None:
        """Return the basket with up to `extra_legs` proxies besides Bitcoin and Ether, and none of `without`.

        The days are those that all eligible proxies share, whichever are left out. None with fewer than MINIMUM_DAYS
        of them, or if no proxy remains.
        """
        if self._shared.sum() < MINIMUM_DAYS or not self._names:
            return None
        allowed = [k for k, name in enumerate(self._names) if self._ridge.is_distinct[k] and name not in without]
        kept = core = [k for k in allowed if self._names[k] in CORE]
        if self._has_old_altcoins:
            charges = None if self.charges is None else self.charges[self._usable]
            kept = self._ridge.selected(self._bag, core, [k for k in allowed if k not in core], extra_legs, charges)
        while kept:
            basket = self._basket(kept)
            weights = self.values @ basket.betas / self.values.sum()
            if (weights >= LEAST_WEIGHT / 2.0).all():  # if not, young coins would have the bag buy a proxy
                return basket
            kept = [k for k in kept if self._names[k] != basket.proxies[int(np.argmin(weights))]]
        return None

    def fit_tradable(self, extra_legs: int, too_small: TooSmall) -> tuple[Basket, tuple[str, ...]] | None:
        """Return the basket without proxies that are `too_small`, and these proxies.

        The search runs again without each of them; none returns.
        """
        left_out: tuple[str, ...] = ()
        while (basket := self.fit(extra_legs, without=left_out)) is not None:
            small = too_small(basket)
            if small is None:
                return basket, left_out
            left_out = (*left_out, small)
        return None

    def with_held(self, best: Basket, held: Collection[str], too_small: TooSmall) -> tuple[Basket, LegChange | None]:
        """Return the basket on the legs `held` if `best` is hardly better, else `best`; and how they compare.

        Held legs that can no longer be used, are too small or have no positive weight are dropped. Nothing is compared
        if nothing is held, if the legs are the same, or if no regression can choose legs.
        """
        if not held or set(held) == set(best.proxies) or best.objective is None:
            return best, None
        names = tuple(held)
        stay = self._reduced([k for k, name in enumerate(self._names) if name in held], too_small)
        if stay is None or stay.objective is None:
            return best, LegChange(held=names, best=best.proxies)
        gain = stay.objective - best.objective
        if gain > LEGS_STAY:
            return best, LegChange(held=names, best=best.proxies, gain=gain)
        return stay, LegChange(held=names, best=best.proxies, gain=gain, kept=stay.proxies)

    def influence(self, basket: Basket, days: Days) -> CloseInfluence | None:
        """How the shorts change without the closes of each of the last `days`; None if a fit rests on one of them."""
        kept = [self._names.index(proxy) for proxy in basket.proxies]
        used, core, places = self._columns(kept)
        window = days[-len(self.coin_returns) :]
        changes = np.zeros((len(window), len(kept)))
        try:
            for rows, Y, weights in self._regressions(basket):
                X = self.proxy_returns[np.ix_(rows, self._usable[used])]
                changes[rows] += changes_without_each_close(X, Y, weights, window[rows], core=core, kept=places)
        except np.linalg.LinAlgError:
            return None
        return CloseInfluence(window, changes)

    def _regressions(self, basket: Basket) -> Iterator[tuple[Bools, Floats, Floats]]:
        """The days, returns and USD of coins the slopes of which add up to the exposures, apart from a constant.

        Slopes are linear in returns: old coins and the peers of young ones are one, each young coin alone is one more.
        """
        young, own = self._is_young, basket.observations / len(self.coin_returns)
        own *= basket.observations >= MINIMUM_DAYS
        Y, usd, n = self._old_coins, self.values[~young], self._peer_returns.shape[1]
        if n >= MINIMUM_PEERS:
            lean = float(self.values[young] @ (1.0 - own[young]))
            Y, usd = np.hstack([Y, self._peer_returns]), np.append(usd, np.full(n, lean / n))
        yield self._shared, Y, usd
        for row in np.flatnonzero(young & (own > 0.0)).tolist():
            rows = self._have_proxies & self._have_coins[:, row]
            yield rows, self.coin_returns[rows][:, [row]], own[[row]] * self.values[row]

    def _reduced(self, legs: Sequence[int], too_small: TooSmall) -> Basket | None:
        """The basket on these legs without those of no positive weight or too small a short; None if none is left."""
        kept = [k for k in legs if self._ridge.is_distinct[k]]
        while kept:
            basket = self._basket(kept)
            weights = self.values @ basket.betas
            smallest = basket.proxies[int(np.argmin(weights))]
            dropped = smallest if weights.min() <= 0.0 else too_small(basket)
            if dropped is None:
                return basket
            kept = [k for k in kept if self._names[k] != dropped]
        return None

    @cached_property
    def _usable(self) -> Columns:
        """The columns of the eligible proxies."""
        return np.flatnonzero(eligible(self.proxy_returns))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """The eligible proxies; the numbers in `kept` below count these."""
        return tuple(self.proxies[column] for column in self._usable)

    @cached_property
    def _have_coins(self) -> Bools:
        """Which coins have a return on which days, shape (days, coins)."""
        return np.asarray(~np.isnan(self.coin_returns))

    @cached_property
    def _is_young(self) -> Bools:
        return np.asarray(self._have_coins.sum(axis=0) < FULL_SHARE * len(self.coin_returns))

    @cached_property
    def _old_coins(self) -> Floats:
        """The returns of the old coins on the days of the fit; not a copy if that is all of `coin_returns`."""
        returns = self.coin_returns if self._shared.all() else self.coin_returns[self._shared]
        return returns[:, ~self._is_young] if self._is_young.any() else returns

    @cached_property
    def _weights(self) -> Floats:
        """The shares of the old coins in their value."""
        values = self.values[~self._is_young]
        return np.asarray(values / values.sum())

    @cached_property
    def _bag(self) -> Floats:
        """The returns of the old coins together, at present weights."""
        return np.asarray(self._old_coins @ self._weights)

    @property
    def _has_old_altcoins(self) -> bool:
        """Whether a regression can choose the legs. Bitcoin and Ether in the bag say nothing about the other coins."""
        return any(not young and coin not in CORE for coin, young in zip(self.coins, self._is_young, strict=True))

    @cached_property
    def _have_proxies(self) -> Bools:
        """The days on which all eligible proxies have a return."""
        return np.asarray(~np.isnan(self.proxy_returns[:, self._usable]).any(axis=1))

    @cached_property
    def _shared(self) -> Bools:
        """The days of the fit: all eligible proxies and all old coins have a return."""
        return np.asarray(self._have_proxies & (self._have_coins | self._is_young).all(axis=1))

    @cached_property
    def _ridge(self) -> Ridge:
        return Ridge.of(self.proxy_returns[self._shared][:, self._usable], _core(self._names))

    def _basket(self, kept: Sequence[int]) -> Basket:
        """The betas of all coins on the proxies `kept`."""
        betas, errors = np.zeros((2, len(self.coins), len(kept)))
        observations = np.full(len(self.coins), int(self._shared.sum()), dtype=np.int64)
        old, y, objective = ~self._is_young, self._old_coins, None
        betas[old] = self._ridge.slopes(y, kept)
        errors[old] = self._ridge.errors(y, betas[old], kept)
        if self._has_old_altcoins:
            objective = self._ridge.objective(self._bag, self._weights @ betas[old], kept)
        young = np.flatnonzero(self._is_young).tolist()
        mean, spread = self._peers(kept) if young else np.zeros((2, len(kept)))
        for row in young:
            observations[row], own, error = self._own(row, kept)
            w = observations[row] / len(self.coin_returns) if observations[row] >= MINIMUM_DAYS else 0.0
            betas[row] = w * own + (1.0 - w) * mean
            errors[row] = np.sqrt((w * error) ** 2 + ((1.0 - w) * spread) ** 2)
        return Basket(
            coins=self.coins,
            proxies=tuple(self._names[k] for k in kept),
            betas=betas,
            standard_errors=errors,
            observations=observations,
            is_young=self._is_young,
            days=int(self._shared.sum()),
            window_days=len(self.coin_returns),
            objective=objective,
        )

    def _own(self, row: int, kept: Sequence[int]) -> tuple[int, Floats, Floats]:
        """The days of a young coin, and its slopes and their errors from these days; zeros below MINIMUM_DAYS days."""
        days = self._have_proxies & self._have_coins[:, row]
        count, y = int(days.sum()), self.coin_returns[days, row, None]
        if count < MINIMUM_DAYS:
            return count, np.zeros(len(kept)), np.zeros(len(kept))
        used, core, places = self._columns(kept)
        ridge = Ridge.of(self.proxy_returns[np.ix_(days, self._usable[used])], core)
        slopes = ridge.slopes(y, places)
        return count, slopes[0], ridge.errors(y, slopes, places)[0]

    def _columns(self, kept: Sequence[int]) -> tuple[list[int], range, list[int]]:
        """Bitcoin, Ether and the proxies `kept`, and the places of the two and of the kept ones among these."""
        core = _core(self._names)
        used = [*core, *(k for k in kept if k not in core)]
        return used, range(len(core)), [used.index(k) for k in kept]

    @cached_property
    def _peer_returns(self) -> Floats:
        """The returns of the old altcoins among bag and proxies on the days of the fit, (days, peers)."""
        proxies = self.proxy_returns[self._shared][:, self._usable]
        peers = {name: proxies[:, k] for k, name in enumerate(self._names) if name not in NOT_PEERS}
        old = [coin for coin, is_young in zip(self.coins, self._is_young, strict=True) if not is_young]
        peers |= {coin: self._old_coins[:, k] for k, coin in enumerate(old) if coin not in NOT_PEERS}
        return np.column_stack([np.empty((int(self._shared.sum()), 0)), *peers.values()])

    def _peers(self, kept: Sequence[int]) -> Floats:
        """The mean of the betas of the old altcoins among bag and proxies, and their spread, shape (2, kept).

        With fewer than MINIMUM_PEERS of them, the mean is half Bitcoin and half Ether. If only one of the two is kept,
        it is all in that one; if neither is, the same in every proxy.
        """
        if self._peer_returns.shape[1] >= MINIMUM_PEERS:
            betas = self._ridge.slopes(self._peer_returns, kept)
            return np.array([betas.mean(axis=0), betas.std(axis=0, ddof=1)])
        is_core = np.array([self._names[k] in CORE for k in kept])
        shares = is_core if is_core.any() else np.ones(len(kept))
        return np.array([shares / shares.sum(), np.zeros(len(kept))])


def _core(names: Sequence[str]) -> list[int]:
    """The places of Bitcoin and Ether."""
    return [place for place, name in enumerate(names) if name in CORE]
