"""The fit of coins that are hedged as one bag, and what the search for it asks of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import Basket, LegChange
from hedge_core.exposure.evidence import Calibration
from hedge_core.exposure.influence import CloseInfluence

Charges = Mapping[str, float]
"""What a dollar short in each contract costs over the horizon, in trades and cash tied up, by underlying."""

TooSmall = Callable[[BagFit | Basket], str | None]
"""The proxy to leave out of a fit because its short would be less than one contract; None if all are large enough."""

Held = Callable[[Basket], tuple[str, ...]]
"""The proxies of a bag that are short already, given the basket that would be best today."""


@dataclass(frozen=True, eq=False)
class JointFit:
    """The fit of the coins that are hedged as one bag, and the proxies that it does without.

    The shorts in the proxies `left_out` would be less than one contract; the proxies `unfit` have too little history.
    `charges` are those of the contracts that a basket was fitted on, of which it was chosen among the `candidates`.
    `change` compares it with the legs that are held, if it differs, and `calibration` gives intervals of its betas.
    `influence`: what the closes of each day of the window move.
    """

    fit: BagFit | Basket
    left_out: tuple[str, ...]
    unfit: tuple[str, ...]
    charges: Charges = field(default_factory=dict)
    change: LegChange | None = None
    calibration: Calibration | None = None
    influence: CloseInfluence | None = None

    @property
    def candidates(self) -> tuple[str, ...]:
        """The contracts among which a basket was chosen, by underlying."""
        return tuple(coin for coin in self.charges if coin not in self.left_out)
