"""Presets: the questions that holders ask most, as named shocks.

The scenarios page, the command `scenario` and the report offer them in this order. A preset either states a shock, or
names a past crash or squeeze to replay. To add one, add it here; nothing else has to change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.scenarios.run import ScenarioResult, run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import (
    OUTRUN,
    STRESS_FALL,
    STRESS_UNKNOWN,
    outrunning_leg,
    stress_beta_shock,
    stress_windows,
    window_shock,
)

STILL = Shock(move=0.0)
"""No move of the market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named what-if: `key` is its stable name in code, `name` the one in tables, `short` the one on a button.

    `shock` is the move of the market. `own_move` (a fraction) is added to the move of one coin, the largest one (see
    `largest_coin`), and `leg_move` to that of one contract's coin (see `outrunning_leg`). With `has_stress_betas` every
    coin moves with the market as on its worst days (`stress.stress_beta_shock`). `window` is the name of a past crash
    or squeeze to replay instead (`stress.stress_windows`).
    """

    key: str
    name: str
    short: str
    shock: Shock = field(default=STILL)
    own_move: float = 0.0
    leg_move: float = 0.0
    has_stress_betas: bool = False
    window: str = ""

    def shock_on(self, assessment: HedgeAssessment) -> Shock:
        """The preset as a shock on this plan.

        Raises InvalidInput if it needs a largest coin and the bag is empty, or stress betas and they are unknown.
        """
        if self.window:
            window = next(window for window in stress_windows() if window.name == self.window)
            return window_shock(assessment, window)[0]
        if self.has_stress_betas:
            stressed = stress_beta_shock(assessment, self.shock.move)
            if stressed is None:
                raise InvalidInput(f"{STRESS_UNKNOWN} Choose live prices, or upload daily closes (sidebar, Prices).")
            return stressed
        if self.leg_move:
            return replace(self.shock, own_moves={outrunning_leg(assessment): self.leg_move})
        if self.own_move:
            return replace(self.shock, own_moves={largest_coin(assessment): self.own_move})
        return self.shock


PRESETS = (
    Preset(key="correction", name="15% correction of the bag", short="−15%", shock=Shock(move=-0.15, of="bag")),
    Preset(key="crash", name="Crash −40%", short="Crash −40%", shock=Shock(move=-0.4, beta_shift=0.3)),
    Preset(key="cascade", name="Altcoin cascade −15%", short="Cascade", shock=Shock(move=-0.15, beta_shift=1.0)),
    Preset(
        key="bitcoin_alone",
        name="Bitcoin +40%, alts do not move",
        short="Bitcoin alone",
        shock=Shock(move=0.4, beta_shift=-1.0),
    ),
    Preset(key="rally", name="Rally +40%", short="Rally +40%", shock=Shock(move=0.4)),
    Preset(key="hack", name="A coin is hacked", short="Hack", own_move=-0.6),
    Preset(key="leg_outruns", name="A leg outruns your bag", short="Leg outruns", leg_move=OUTRUN),
    Preset(
        key="worst_days",
        name="Fall −25% as on the worst days",
        short="Worst days",
        shock=Shock(move=STRESS_FALL, of="market"),
        has_stress_betas=True,
    ),
    Preset(
        key="decoupling", name="Correlation breaks", short="Decoupling", shock=Shock(move=0.2, correlation_break=0.7)
    ),
    Preset(key="funding", name="Funding turns against you", short="Funding", shock=Shock(move=0.0, carry_shift=-0.5)),
    Preset(key="march_2020", name="The week of 12 March 2020", short="Mar 2020", window="2020-03 Covid"),
    Preset(key="october_2025", name="The crash of 10 October 2025", short="Oct 2025", window="2025-10-10 flash"),
)
"""All presets, in the order in which they are offered."""


def preset_named(key: str) -> Preset:
    """The preset with this key. Raises InvalidInput, which lists all keys, if there is none."""
    found = next((preset for preset in PRESETS if preset.key == key), None)
    if found is None:
        raise InvalidInput(f"There is no preset '{key[:40]}'. Presets: {', '.join(one.key for one in PRESETS)}.")
    return found


def run_presets(assessment: HedgeAssessment) -> tuple[tuple[Preset, ScenarioResult], ...]:
    """Every preset that applies to this plan, with its result.

    One that moves the bag as a whole is left out if nothing is hedged, because the bag then follows no market move.
    """
    results = []
    for preset in PRESETS:
        try:
            results.append((preset, run_scenario(assessment, preset.shock_on(assessment))))
        except InvalidInput:
            continue
    return tuple(results)


def largest_coin(assessment: HedgeAssessment) -> str:
    """The hedged coin of the largest value that is not itself a proxy, or else the largest holding.

    Raises InvalidInput if the bag is empty.
    """
    candidates = [held for held in assessment.hedged_coins if held.moves_with not in PROXY_COINS]
    candidates = candidates or list(assessment.held_coins)
    if not candidates:
        raise InvalidInput("The bag is empty, so it has no largest coin. Add a coin first.")
    return max(candidates, key=lambda held: held.value).holding.coin
