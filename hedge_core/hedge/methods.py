"""Sizing methods: how many USD to short against a coin, and how the method reads.

With V the value of a holding, beta its beta to the contract's coin and h the hedge ratio, the target is h × `base`:

    beta_weighted   V·beta     offsets the share h of the bag's move (the default)
    notional        V          dollar for dollar, ignores beta
    guide_divided   V / beta   reproduces a published worked example; covers only h/beta² of the exposure

To add a method, name it in `SizingMethod` and write its row in METHODS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hedge_core.errors import InvalidInput, Notice
from hedge_core.exposure.bag_fit import bag_target
from hedge_core.market.snapshot import Floats
from hedge_core.plan.plan import SizingMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One sizing method.

    - `base`: the USD to short at a hedge ratio of 1, from the value (USD) and the beta of a holding.
    - `bag_target`: the USD to short in each proxy of a bag, from its exposures (USD), its value (USD) and h; None if
      the method sizes coin by coin only.
    - `follows_exposure`: the target is h × the exposure.
    - `formula`: the words of the formula; `sign`: the operator between value and beta, '' if beta is ignored.
    - `notice`: what its user should know, given even without a leg if `is_always_said`.
    """

    base: Callable[[float, float], float]
    bag_target: Callable[[Floats, float, float], Floats] | None
    follows_exposure: bool = False
    formula: str
    sign: str
    notice: Notice | None = None
    is_always_said: bool = False


def _times(value: float, beta: float) -> float:
    return value * beta


def _alone(value: float, beta: float) -> float:
    return value


def _divided(value: float, beta: float) -> float:
    if beta <= 0:
        raise InvalidInput("guide_divided needs a beta above zero; use beta_weighted.")
    return value / beta


def _split_evenly(exposure: Floats, value: float, hedge_ratio: float) -> Floats:
    return np.full(len(exposure), hedge_ratio * value / len(exposure))


METHODS: Mapping[SizingMethod, Method] = {
    "beta_weighted": Method(
        base=_times,
        bag_target=bag_target,
        follows_exposure=True,
        formula="hedge ratio × sum of value × beta of the holdings that this contract hedges",
        sign="×",
    ),
    "notional": Method(
        base=_alone,
        bag_target=_split_evenly,
        formula="hedge ratio × sum of value of the holdings that this contract hedges (beta is ignored)",
        sign="",
        notice=Notice(
            "ignores_beta",
            "Dollar for dollar ignores beta, so coins that move more than the proxy stay partly unhedged. Choose "
            "beta_weighted to cover them.",
        ),
    ),
    "guide_divided": Method(
        base=_divided,
        bag_target=None,
        formula="hedge ratio × sum of value / beta of the holdings that this contract hedges",
        sign="/",
        notice=Notice(
            "guide_divided",
            "Dividing by beta covers only hedge ratio / beta² of the exposure. Multiply by beta instead "
            "(method beta_weighted) to offset the share that you chose.",
            severity="warning",
        ),
        is_always_said=True,
    ),
}
