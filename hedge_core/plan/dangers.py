"""The user's own figures on what can take the hedge away. Every default is an assumption; docs/methods.md says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from hedge_core.plan.schema import STRICT, About

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangers:
    """What deleveraging, a shut venue, a lost venue, a broken peg and the basis are assumed to do; fractions.

    `deleveraged_share` is the share of each winning short that deleveraging closes (None: as at the venue), on a day on
    which the coin's low is at least `bitcoin_fall`, `ether_fall`, `large_fall` (Solana and BNB) or `altcoin_fall` below
    the close before, and that of the median altcoin at least `median_fall`. It closes at `fill_price` of the day's
    close. `further_fall` is the fall on the day after, on which what was closed is missing. `halt_hours` are the hours
    without trading around the low and `loss_chance` is the chance per year that what lies at the venue is lost (None:
    as at the venue). `peg_loss` is what the currency of the margin loses. `basis_noise` is the standard deviation of
    the distance of a contract from its coin. `weekend_rally` is the rise of the market while a venue is shut for a
    weekend; in fewer hours it is less (see `scenarios.halts`).
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    deleveraged_share: Annotated[Share, About(link=0, label="share deleveraged", unit="%")] | None = None
    bitcoin_fall: Annotated[Share, About(link=1, label="deleveraging from a fall of Bitcoin", unit="%")] = 0.12
    ether_fall: Annotated[Share, About(link=2, label="deleveraging from a fall of Ether", unit="%")] = 0.2
    large_fall: Annotated[Share, About(link=3, label="deleveraging from a fall of SOL or BNB", unit="%")] = 0.25
    altcoin_fall: Annotated[Share, About(link=4, label="deleveraging from a fall of another coin", unit="%")] = 0.35
    median_fall: Annotated[Share, About(link=5, label="deleveraging from a fall of the median altcoin", unit="%")] = 0.4
    fill_price: Annotated[Share, About(link=6, label="price of deleveraging", unit="%")] = 0.76
    further_fall: Annotated[Share, About(link=7, label="fall on the day after", unit="%")] = 0.22
    halt_hours: Annotated[float, Ge(0), Le(240), About(link=8, label="hours without trading", unit="hours")] | None = (
        None
    )
    loss_chance: Annotated[Share, About(link=9, label="chance to lose the venue", unit="%")] | None = None
    peg_loss: Annotated[float, Ge(0), Le(0.9), About(link=10, label="loss of the peg", unit="%")] = 0.05
    basis_noise: Annotated[float, Ge(0), Le(0.2), About(link=11, label="basis noise", unit="%")] = 0.003
    weekend_rally: Annotated[float, Ge(0), Le(5), About(link=12, label="rally while the venue is shut", unit="%")] = (
        0.15
    )
