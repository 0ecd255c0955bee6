"""Why a number is what it is: its formula, and the same with the user's own figures, to be followed with a calculator.

Every derivation works its value out anew from its inputs (quantities, prices, betas, rates), and tests hold it against
what the assessment says. Formulas: `sizing`, `bag_level.bag_target`, `margin`, `costs`. Money is in USD.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hedge_core.approaches import joint_target
from hedge_core.assessment import HedgeAssessment
from hedge_core.bag_level import BagFit, exposures
from hedge_core.figures import percent, price, quantity, usd
from hedge_core.positions import Position
from hedge_core.sizing import HedgeLeg, target_notional

MOST_LINES = 8

METHODS = {
    "beta_weighted": "value × beta × hedge ratio",
    "notional": "value × hedge ratio (beta is ignored)",
    "guide_divided": "value ÷ beta × hedge ratio (as the guide prints it)",
}
ROUNDINGS = {
    "nearest": "the nearest whole number, a tie down",
    "down": "rounded down",
    "up": "rounded up",
    "optimal": "all counts together: the whole numbers that come closest to the target",
}


@dataclass(frozen=True, slots=True)
class Derivation:
    """One number: its name, what it is, how it is worked out in words, and line by line with the plan's figures.

    `value` is worked out here from the inputs (USD, a fraction or a count); None where it is not known.
    """

    name: str
    result: str
    formula: str
    steps: tuple[str, ...]
    value: float | None


def derivations(assessment: HedgeAssessment) -> tuple[Derivation, ...]:
    """The numbers of the summary strip and of each leg, in the order in which one follows from the other."""
    return (
        _bag(assessment),
        _to_hedge(assessment),
        _ratio(assessment),
        *(one for leg in assessment.legs for one in (_target(assessment, leg), _count(assessment, leg))),
        _achieved(assessment),
        *_margin(assessment),
        _carry(assessment),
        _fees(assessment),
    )


def _bag(assessment: HedgeAssessment) -> Derivation:
    parts = [
        (f"{p.holding.coin}: {quantity(p.holding.quantity)} × {price(p.price)} = {usd(p.value, cents=True)}", p.value)
        for p in assessment.positions
    ]
    value = math.fsum(p.holding.quantity * p.price for p in assessment.positions)
    return Derivation(
        "Bag", usd(value, cents=True), "Sum of quantity × price", _lines(parts) or ("the bag is empty",), value
    )


def _to_hedge(assessment: HedgeAssessment) -> Derivation:
    kept = [p for p in assessment.positions if p.status == "hedged"]
    left = [p for p in assessment.positions if p.status != "hedged"]
    value = math.fsum(p.holding.quantity * p.price for p in kept)
    parts = [(f"left out: {p.holding.coin}, {usd(p.value, cents=True)} ({p.status})", p.value) for p in left]
    steps = (f"{len(kept)} of {len(assessment.positions)} holdings count", *_lines(parts))
    formula = "Sum of the long-term holdings that a contract can hedge"
    return Derivation("To hedge", usd(value, cents=True), formula, steps, value)


def _ratio(assessment: HedgeAssessment) -> Derivation:
    accepted = assessment.plan.decisions.risk_accepted
    step = f"100% − {percent(accepted)} = {percent(1.0 - accepted)}"
    return Derivation("Hedge ratio", percent(1.0 - accepted), "1 − the loss accepted", (step,), 1.0 - accepted)


def _target(assessment: HedgeAssessment, leg: HedgeLeg) -> Derivation:
    """What the leg should be worth: single holdings one by one, then the coins that are hedged as one bag."""
    decisions = assessment.plan.decisions
    h, method = 1.0 - decisions.risk_accepted, decisions.method
    single = [
        (p, p.beta, target_notional(p.value, p.beta, h, method))
        for p in assessment.hedged_positions
        if p.route != "bag" and p.proxy == leg.underlying and p.beta is not None
    ]
    parts = [(_holding_line(p, beta, h, target, method), target) for p, beta, target in single]
    joint, words = _of_the_bag(assessment, leg, h)
    value = math.fsum([*(target for _, _, target in single), joint])
    total = (f"together {usd(value, cents=True)}",) if len(parts) + len(words) > 1 else ()
    formula = f"Sum over its holdings of {METHODS[method]}"
    return Derivation(
        f"Target for {leg.contract.id}", usd(value, cents=True), formula, (*_lines(parts), *words, *total), value
    )


def _holding_line(position: Position, beta: float, h: float, target: float, method: str) -> str:
    factor = {"beta_weighted": f" × {beta:.4g}", "guide_divided": f" ÷ {beta:.4g}"}.get(method, "")
    worth = usd(position.value, cents=True)
    return f"{position.holding.coin}: {worth}{factor} × {percent(h)} = {usd(target, cents=True)}"


def _of_the_bag(assessment: HedgeAssessment, leg: HedgeLeg, h: float) -> tuple[float, tuple[str, ...]]:
    """The leg's part of the coins that are hedged as one bag, and how it comes about."""
    fit = assessment.bag_fit
    if fit is None or leg.underlying not in fit.proxies:
        return 0.0, ()
    values = _joint_values(assessment, fit)
    place, k, total = fit.proxies.index(leg.underlying), len(fit.proxies), math.fsum(values.values())
    exposure = exposures(fit, values)
    method = assessment.plan.decisions.method
    target = float(joint_target(exposure, total, h, method)[place])
    named = f"{len(values)} coins as one bag, {usd(total, cents=True)} on {k} {'proxy' if k == 1 else 'proxies'}"
    even = f"{usd(total, cents=True)} ÷ {k}"
    by_beta = f"{usd(float(exposure[place]), cents=True)} (sum of value × beta to {leg.underlying})"
    if method == "notional":
        how = f"{even} × {percent(h)}"
    elif k == 1:
        how = f"{by_beta} × {percent(h)}"
    else:
        how = f"(½ × {by_beta} + ½ × {even}) × {percent(h)}"
    return target, (f"{named}: {how} = {usd(target, cents=True)}",)


def _joint_values(assessment: HedgeAssessment, fit: BagFit) -> dict[str, float]:
    values = dict.fromkeys(fit.coins, 0.0)
    for position in assessment.hedged_positions:
        if position.route == "bag":
            values[position.moves_with] += position.value
    return values


def _count(assessment: HedgeAssessment, leg: HedgeLeg) -> Derivation:
    exact = leg.target_notional / leg.lot_notional if leg.lot_notional > 0 else 0.0
    rounding = assessment.plan.decisions.rounding
    how = ROUNDINGS["nearest" if rounding == "optimal" and assessment.optimum is None else rounding]
    count = abs(leg.contracts)
    worth = usd(leg.lot_notional, cents=True)
    steps = [
        f"one contract is {leg.contract.size_text()}: {worth} at {price(leg.price)} a coin",
        f"{usd(leg.target_notional, cents=True)} ÷ {worth} = {exact:,.4f}",
        f"{how}: {count:,}",
        f"{count:,} × {worth} = {usd(count * leg.lot_notional, cents=True)} short",
    ]
    if leg.contract.minimum_lots > 1:
        steps.insert(3, f"the venue takes no fewer than {leg.contract.minimum_lots:,}")
    name = f"Contracts of {leg.contract.id}"
    return Derivation(name, f"{count:,}", "Target ÷ what one contract is worth, as a whole number", tuple(steps), exact)


def _achieved(assessment: HedgeAssessment) -> Derivation:
    """With one leg short ÷ exposure; with several its projection, weighed by how the contracts move together."""
    legs, S, b = assessment.legs, assessment.covariance, assessment.exposure
    hedge = [abs(leg.contracts) * leg.lot_notional for leg in legs]
    weights = [math.fsum(S[row][column] * b[column] for column in range(len(b))) for row in range(len(b))]
    variance = math.fsum(w * x for w, x in zip(weights, b, strict=True))
    value = math.fsum(w * n for w, n in zip(weights, hedge, strict=True)) / variance if variance > 0 else 0.0
    steps = [
        f"{leg.underlying}: {usd(short, cents=True)} short against {usd(float(x), cents=True)} of exposure"
        for leg, short, x in zip(legs, hedge, b, strict=True)
    ]
    left = (1.0 - value) * assessment.hedgeable_value
    steps.append(
        f"left open: (100% − {percent(value)}) × {usd(assessment.hedgeable_value, cents=True)} = "
        f"{usd(left, cents=True)}"
    )
    formula = "Short ÷ exposure (value × beta)"
    if len(legs) > 1:
        formula += ", the legs weighed by the covariance of their daily returns: N'Sb ÷ b'Sb"
    return Derivation("Achieved hedge ratio", percent(value), formula, tuple(steps), value)


def _margin(assessment: HedgeAssessment) -> Iterator[Derivation]:
    margin = assessment.margin
    assumed = " (a rate of ours where the venue's is not known)" if margin.is_assumed else ""
    steps = [
        f"{leg.contract_id}: {usd(leg.notional, cents=True)} × {percent(leg.initial / leg.notional)} = "
        f"{usd(leg.initial, cents=True)}"
        for leg in margin.legs
        if leg.notional > 0
    ]
    needed = math.fsum(leg.initial for leg in margin.legs)
    formula = f"Sum of notional × initial margin rate{assumed}"
    yield Derivation("Margin to open", usd(needed, cents=True), formula, tuple(steps) or ("nothing is short",), needed)
    rally = margin.rally_survived
    formula = "The rise at which collateral less the loss of the short equals the maintenance margin"
    if rally is None or math.isinf(rally):
        text = "no rally ends it" if rally is not None else "not known"
        why = "state the collateral that you set aside (page 2)" if margin.collateral is None else "nothing ends it"
        yield Derivation("Survives a rally of", text, formula, (why,), rally)
        return
    moves = [rally] * len(margin.legs)
    loss = math.fsum(leg.notional * rally for leg in margin.legs)
    coins = margin.coins_posted_pnl(moves)
    kept = math.fsum(leg.maintenance_at(rally) for leg in margin.legs)
    left = (margin.collateral or 0.0) + coins - loss
    gain = f" + {usd(coins, cents=True)} that posted coins gain" if coins else ""
    checks = (
        f"a rise of {percent(rally)} costs the short {usd(loss, cents=True)}",
        f"{usd(margin.collateral or 0.0, cents=True)}{gain} − {usd(loss, cents=True)} = {usd(left, cents=True)} left",
        f"the maintenance margin is then {usd(kept, cents=True)}",
    )
    yield Derivation("Survives a rally of", percent(rally), formula, checks, rally)


def _carry(assessment: HedgeAssessment) -> Derivation:
    costs = assessment.costs
    by_id = {leg.contract.id: leg for leg in assessment.legs}
    formula = "Sum of notional × carry rate a year, over the horizon, brought to 30 days"
    if not costs.is_carry_known:
        unknown = tuple(f"{c.contract_id}: {c.carry_basis}" for c in costs.legs if c.carry is None)
        return Derivation("Carry a month", "not known", formula, unknown or ("nothing is known of it",), None)
    steps = tuple(
        f"{c.contract_id}: {usd(by_id[c.contract_id].notional, cents=True)} at "
        f"{percent(c.carry_rate, signed=True)} a year = {usd(c.carry or 0.0, cents=True)} in {costs.horizon_days} days "
        f"({c.carry_basis})"
        for c in costs.legs
    )
    value = math.fsum(c.carry or 0.0 for c in costs.legs) * 30.0 / costs.horizon_days
    return Derivation("Carry a month", usd(value, cents=True), formula, steps or ("nothing is short",), value)


def _fees(assessment: HedgeAssessment) -> Derivation:
    parts = [
        (
            f"{c.contract_id}: fees {usd(c.commission, cents=True)}, spread {usd(c.spread, cents=True)}, "
            f"rolls {usd(c.roll_cost, cents=True)}" + (" (fee assumed)" if c.is_fee_assumed else ""),
            c.commission + c.spread + c.roll_cost,
        )
        for c in assessment.costs.legs
    ]
    value = math.fsum(amount for _, amount in parts)
    steps = _lines(parts) or ("nothing is short",)
    return Derivation("Costs", usd(value, cents=True), "Opening, rolling and closing, spread included", steps, value)


def _lines(parts: list[tuple[str, float]]) -> tuple[str, ...]:
    """The largest lines, and what the others come to together."""
    if len(parts) <= MOST_LINES:
        return tuple(text for text, _ in parts)
    largest = sorted(parts, key=lambda part: -abs(part[1]))
    rest = largest[MOST_LINES - 1 :]
    together = usd(math.fsum(amount for _, amount in rest), cents=True)
    return (*(text for text, _ in largest[: MOST_LINES - 1]), f"and {len(rest)} others together: {together}")
