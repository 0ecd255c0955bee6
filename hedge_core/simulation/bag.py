"""The bag on paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.market.snapshot import Floats

Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class BagOnPaths:
    """The bag on the paths, with one entry per holding.

    `values` are USD today, `columns` the index of each holding's coin among the coins of the paths, and `trough` the
    factor from a close to the day's lowest price that a stop order sees. `slippage` is that of selling a whole holding
    at once, a fraction; of a part of it, that times the root of the part.
    """

    values: Floats
    columns: Ints
    trough: Floats
    slippage: Floats | float = 0.0

    @property
    def value(self) -> float:
        """The value of the whole bag today (USD)."""
        return float(self.values.sum())
