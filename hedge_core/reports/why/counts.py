"""The derivations of the contracts: target, exact and whole number of each leg, the hedge achieved, what is unhedged.

The formulas are those of `hedge.sizing` (coins hedged individually), `exposure.basket` and `exposure.bag_fit` (coins
hedged as one bag) and `hedge.allocation` (which of them applies). Rounding starts from the leg's own exact number,
because the last bit decides a tie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.held_counts import COUNTS_STAY
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.methods import METHODS, Method
from hedge_core.hedge.rounding import ROUNDINGS, whole_contracts as round_to_whole
from hedge_core.reports.why.step import (
    Derivation,
    Row,
    lot_line,
    shortened,
    total,
)
from hedge_core.text import days_text, digits, dollars, exact_percent, listed, percent, unit_price, usd

EXPOSURE = METHODS["beta_weighted"]
"""The exposure of a holding is what this method would short against it at a hedge ratio of 1."""


def beta_to(held: HeldCoin, underlying: str) -> BetaEstimate | None:
    """A held coin's beta to a contract's underlying; None if that contract does not hedge the coin."""
    return next((estimate for estimate in held.estimates if estimate.proxy == underlying), None)


def exposure_to(assessment: HedgeAssessment, underlying: str) -> float:
    """Exposure (USD) to `underlying`: sum of value × beta of the held coins that a contract on it hedges."""
    pairs = ((held, beta_to(held, underlying)) for held in assessment.hedged_coins)
    return sum(held.value * found.beta for held, found in pairs if found is not None)


def target(assessment: HedgeAssessment, leg: SizedLeg) -> Derivation:
    """The notional (USD) to short in one contract, before rounding."""
    decisions, underlying = assessment.plan.decisions, leg.underlying
    h, method = assessment.hedge_ratio, METHODS[decisions.method]
    matched = [held for held in assessment.hedged_coins if beta_to(held, underlying) is not None]
    bag = [held for held in matched if held.route == "bag"]
    steps: list[str] = []
    amounts: list[float] = []
    alone = [_alone(held, underlying, method) for held in matched if held.route != "bag"]
    if alone:
        base = sum(row.amount for row in alone)
        amounts.append(h * base)
        steps += [*shortened(alone), *total([row.amount for row in alone])]
        steps.append(f"Times the hedge ratio: {dollars(base)} × {exact_percent(h)} = {dollars(h * base)}")
    if bag:
        amount, lines = _as_bag(assessment, bag, underlying, h)
        amounts.append(amount)
        steps += lines
    formula = method.formula
    k = len(assessment.bag_fit.proxies) if assessment.bag_fit and not assessment.basket else 1
    if bag and k > 1 and method.follows_exposure:
        formula = (
            "hedge ratio × (half the exposure + half an equal share of the value) for the coins hedged as one bag"
            + ("; hedge ratio × value × beta for those hedged individually" if alone else "")
        )
    elif bag and k > 1:
        formula += "; coins hedged as one bag are split evenly across its proxies"
    steps += total(amounts, label="Total of both")
    return Derivation(
        name=f"Target in {underlying} ({leg.contract.id})",
        formula=formula,
        steps=tuple(steps) or (f"No coin in the bag is hedged with {underlying}.",),
        value=sum(amounts),
        result=usd(sum(amounts)),
    )


def _alone(held: HeldCoin, underlying: str, method: Method) -> Row:
    estimate = beta_to(held, underlying)
    assert estimate is not None
    coin, value, base = held.holding.coin, held.value, method.base(held.value, estimate.beta)
    if not method.sign:
        return Row(base, (f"{coin}: {dollars(value)}",))
    worked = f"{dollars(value)} {method.sign} {digits(estimate.beta)} = {dollars(base)}"
    return Row(base, (f"{coin}: {worked} ({beta_words(estimate)})",))


def beta_words(estimate: BetaEstimate) -> str:
    """The source of a beta, in a few words."""
    days = days_text(estimate.observations)
    words = {
        "own future": "beta 1: a future on the coin itself",
        "set by you": f"beta to {estimate.proxy}, set by you",
        "shrunk": f"beta to {estimate.proxy} over only {days}, so it is pulled towards other coins' betas",
        "joint": f"beta to {estimate.proxy} from the joint fit over {days}",
    }
    return words.get(estimate.method, f"beta to {estimate.proxy} over {days}")


def _as_bag(
    assessment: HedgeAssessment, bag: Sequence[HeldCoin], underlying: str, h: float
) -> tuple[float, tuple[str, ...]]:
    """The notional (USD) to short in one proxy for the coins hedged as one bag, and the lines that show how."""
    fit = assessment.bag_fit
    assert fit is not None
    k, V = len(fit.proxies), sum(held.value for held in bag)
    rows = [_alone(held, underlying, EXPOSURE) for held in bag]
    b, share = sum(row.amount for row in rows), exact_percent(h)
    each = f"{dollars(V)} / {k}" if k > 1 else dollars(V)
    if not METHODS[assessment.plan.decisions.method].follows_exposure:
        amount = h * V / k
        lines = [*shortened(Row(p.value, (f"{p.holding.coin}: {dollars(p.value)}",)) for p in bag)]
        evenly = f" (split evenly across {listed(fit.proxies)})" if k > 1 else ""
        return amount, (*lines, f"As one bag: {share} × {each} = {dollars(amount)}{evenly}")
    lines = [*shortened(rows), *total([row.amount for row in rows], label=f"Exposure of the bag to {underlying}")]
    if assessment.basket is not None:
        amount = h * b
        return amount, (*lines, f"As one bag: {share} × {dollars(b)} = {dollars(amount)}")
    if k == 1:
        amount = h * b
        two_thirds = " (with BTC as the only proxy, beta is ⅔ × fitted + ⅓ × 1)" if fit.proxies == ("BTC",) else ""
        return amount, (*lines, f"As one bag: {share} × {dollars(b)} = {dollars(amount)}{two_thirds}")
    amount = h * (b / 2.0 + V / k / 2.0)
    return amount, (
        *lines,
        f"Value of the bag: {dollars(V)}, split equally across {listed(fit.proxies)}",
        f"As one bag: {share} × (½ × {dollars(b)} + ½ × {each}) = {dollars(amount)} (half by beta, half by value)",
    )


def exact_contracts(leg: SizedLeg, target_usd: float) -> Derivation:
    """The number of contracts before rounding: target (USD) / value of one contract (USD)."""
    lot = leg.lot_notional
    exact = target_usd / lot if lot > 0.0 else 0.0
    return Derivation(
        name=f"Exact contracts of {leg.contract.id}",
        formula="target / value of one contract",
        steps=(lot_line(leg), f"Contracts: {dollars(target_usd)} / {unit_price(lot)} = {digits(exact)}"),
        value=exact,
        result=f"{exact:,.3f}",
    )


def whole_contracts(assessment: HedgeAssessment, place: int) -> Derivation:
    """The whole number of contracts of `assessment.legs[place]`, under the plan's rounding; positive means short."""
    leg, optimum = assessment.legs[place], assessment.optimum
    rounding, exact = ROUNDINGS[assessment.plan.decisions.rounding], leg.exact_contracts
    alone = round_to_whole(exact, rounding.alone)
    allowed = rounding.accepted(alone, leg.contract)
    if optimum is not None:
        change = assessment.count_change
        best = change.best[place] if change is not None and change.is_kept else optimum.lots[place]
        count, formula = optimum.lots[place], ROUNDINGS["optimal"].formula
        steps = [
            f"Optimised jointly over all {len(assessment.legs)} contracts (too much for a pocket calculator): {best:,}"
            if len(assessment.legs) > 1
            else f"Closest to the target: {best:,}",
            *_held_words(assessment, place),
            f"On its own, {digits(exact)} would be rounded to {allowed:,}",
        ]
        if optimum.is_budget_binding:
            steps.append(f"Wanted, if your collateral were enough: {abs(leg.wanted_contracts):,}")
            steps.append("Your collateral does not cover the target: this is the best hedge that it can open")
        if not optimum.is_proven:
            steps.append("The search was stopped early: this is the best result so far, not proven to be the optimum")
    else:
        count, formula = allowed, ROUNDINGS[rounding.alone].formula
        steps = [f"{digits(exact)} rounded {rounding.towards}: {alone:,}"]
        if rounding.is_joint:
            steps.append("The joint optimum that you chose is unavailable here, so each contract is rounded alone")
        if allowed != alone:
            steps.append(f"The venue's smallest order is {leg.contract.minimum_lots:,}, so the number is {allowed:,}")
    if leg.contract.amount_step != 1.0 and count:
        quantity = digits(leg.contract.quantity(count))
        steps.append(f"Quantity for the order form: {count:,} × {digits(leg.contract.amount_step)} = {quantity}")
    return Derivation(
        name=f"Whole contracts of {leg.contract.id}",
        formula=formula,
        steps=tuple(steps),
        value=float(count),
        result=f"{count:,} {leg.side}" if count else "none",
    )


def _held_words(assessment: HedgeAssessment, place: int) -> Iterator[str]:
    """Why the count that is held stays although another one is better; nothing if it does not."""
    change = assessment.count_change
    if change is not None and change.is_kept:
        yield (
            f"You hold {change.held[place]:,}, which stays: all best counts together would save only "
            f"{max(change.gain, 0.0):.1%} of the bag's variance, and counts change for more than {COUNTS_STAY:.0%}"
        )


def achieved(assessment: HedgeAssessment) -> Derivation:
    """The share of the bag's expected move that the whole contracts offset (a fraction).

    (N∘n)'S b / (b'S b), the achieved hedge ratio of `hedge.sizing`, with S b scaled so that its largest entry is 1.
    """
    name = "Hedged (achieved hedge ratio)"
    legs = assessment.legs
    b = [exposure_to(assessment, leg.underlying) for leg in legs]
    S = assessment.covariance.tolist()
    felt = [sum(s * x for s, x in zip(row, b, strict=True)) for row in S]
    if not legs or not max(felt) > 0.0:
        return Derivation(name, "short / exposure", ("There is no exposure to offset.",), 0.0, percent(0.0))
    weights = [f / max(felt) for f in felt]
    short = [leg.notional for leg in legs]
    is_one = len(legs) == 1
    shorts, exposures = [], []
    for leg, n, x, w in zip(legs, short, b, weights, strict=True):
        times, weight = f"{leg.lots:,} × {unit_price(leg.lot_notional)}", "" if is_one else f" × {digits(w)}"
        word = "Short" if leg.instrument.direction < 0 else "Long"
        shorts.append(Row(n * w, (f"{word} {leg.underlying}: {times}{weight} = {dollars(n * w)}",)))
        if is_one:
            exposures += [_alone(p, leg.underlying, EXPOSURE) for p in assessment.hedged_coins if p.estimates]
        else:
            exposures.append(Row(x * w, _exposure_lines(assessment, leg.underlying, x, w)))
    offset, exposed = sum(row.amount for row in shorts), sum(row.amount for row in exposures)
    ratio = offset / exposed
    steps = [
        *shortened(shorts),
        *total([row.amount for row in shorts], label="Total short" if is_one else "Total short, weighted"),
        *shortened(exposures),
        *total([row.amount for row in exposures], label="Total exposure" if is_one else "Total exposure, weighted"),
        f"Hedged: {dollars(offset)} / {dollars(exposed)} = {exact_percent(ratio)}",
    ]
    if not is_one:
        steps.insert(0, _weight_words(assessment, legs[weights.index(1.0)].underlying))
    return Derivation(
        name=name,
        formula="short / exposure, where exposure is the sum of value × beta"
        + ("" if is_one else "; each dollar is weighted by how far that coin moves with the whole bag"),
        steps=tuple(steps),
        value=ratio,
        result=f"{percent(ratio)} (target {percent(1.0 - assessment.plan.decisions.risk_accepted)})",
    )


def _exposure_lines(assessment: HedgeAssessment, underlying: str, x: float, weight: float) -> tuple[str, ...]:
    """The lines with the exposure to one of several underlyings; a target sized by beta has shown its parts already."""
    matched = [held for held in assessment.hedged_coins if beta_to(held, underlying) is not None]
    rows = [(held.route == "bag", _alone(held, underlying, EXPOSURE)) for held in matched]
    parts = [sum(row.amount for is_in_bag, row in rows if is_in_bag is side) for side in (False, True)]
    both = f"({dollars(parts[0])} + {dollars(parts[1])})" if len({is_in for is_in, _ in rows}) > 1 else dollars(x)
    line = f"Exposure to {underlying}: {both} × {digits(weight)} = {dollars(x * weight)}"
    is_known = METHODS[assessment.plan.decisions.method].follows_exposure
    return (line,) if is_known else (*shortened(row for _, row in rows), line)


def _weight_words(assessment: HedgeAssessment, weightiest: str) -> str:
    if assessment.is_covariance_assumed:
        return "Assumed: too little common history, so the contracts move as one and each dollar has the weight 1"
    return (
        f"The last factor is the weight of a dollar: its covariance with the bag's exposure over "
        f"{days_text(assessment.plan.decisions.window_days)}, scaled so that {weightiest} has the weight 1"
    )


def residual(assessment: HedgeAssessment, ratio: float) -> Derivation:
    """The part of the value to hedge (USD) that stays unhedged: (1 − achieved hedge ratio) × value."""
    value = sum(held.value for held in assessment.hedged_coins)
    left = (1.0 - ratio) * value
    return Derivation(
        name="Left unhedged",
        formula="(1 − achieved hedge ratio) × value to hedge",
        steps=(f"Left unhedged: (1 − {exact_percent(ratio)}) × {dollars(value)} = {dollars(left)}",),
        value=left,
        result=usd(left),
    )
