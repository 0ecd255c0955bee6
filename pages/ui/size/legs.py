"""The parts of the size page: legs, one contract more or fewer, methods, costs, contracts."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError, assess
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.figure_ages import ages_text, old_figures
from pages.ui import charts
from pages.ui.parts import elements, inputs
from pages.ui.parts.format import md, percent, quantity, usd
from pages.ui.session import state

RIGHT = (
    "Contracts",
    "Exact",
    "Order quantity",
    "One contract",
    "Notional",
    "Target",
    "Margin",
    "Without it",
    "Achieved",
    "Left open",
    "Offset",
)


def draw_legs(result: HedgeAssessment) -> None:
    """One line a contract: exact and whole, and what it comes to."""
    if not result.legs:
        st.info("Nothing in this bag can be hedged at this venue.")
        return
    margins = {leg.contract.id: one.initial for leg, one in zip(result.traded_legs, result.margin.legs, strict=True)}
    losses = result.losses_of_fewer_legs
    rows = [
        {
            "Contract": leg.contract.id,
            "For": ", ".join(p.holding.coin for p in result.hedged_coins if leg.underlying in p.proxies),
            "Contracts": leg.count_text,
            "Exact": f"{leg.exact_contracts:,.3f}",
            "One contract": f"{leg.contract.size_text()}, {usd(leg.lot_notional)}",
            "Notional": usd(leg.notional),
            "Target": usd(leg.target_notional),
            "Margin": usd(margins.get(leg.contract.id, 0.0)),
            "Without it": "–" if loss is None else percent(loss),
            "Order quantity": quantity(leg.contract.quantity(leg.contracts)),
        }
        for leg, loss in zip(result.legs, losses, strict=True)
    ]
    elements.table(rows, key="legs", right=RIGHT)
    elements.reading(
        f"The short totals {usd(result.margin.notional)}. It offsets {percent(result.achieved_hedge_ratio)} "
        f"of the bag's expected move; the target is {percent(result.hedge_ratio)}. "
        f"{usd(result.residual_exposure)} of the {usd(result.hedgeable_value)} remain unhedged."
    )
    if result.is_limited:
        elements.reading(
            f"All contracts that the plan wants need {usd(result.margin_wanted.initial)} to open; with "
            f"{usd(result.margin.collateral or 0)} of collateral the orders are for what it opens."
        )
    if any(loss is not None for loss in losses):
        elements.reading(
            "'Without it' is the variance that you would add by leaving this contract out, as a share of what all of "
            "them explain. A contract with a small figure may not be worth its margin."
        )
    change = result.count_change
    if change is not None and change.is_kept and not result.is_limited:
        elements.reading(
            "You hold these contracts already. The best numbers of contracts would save only "
            f"{max(change.gain, 0.0):.1%} of the bag's variance, so nothing has to be traded."
        )
    elif result.optimum is not None:
        within = " that your collateral opens" if result.optimum.is_budget_binding else ""
        elements.reading(
            f"No other numbers of whole contracts{within} come closer to the target (by the bag's variance); this is "
            f"{'proven' if result.optimum.is_proven else 'the best found so far'}."
        )


def leg_choice(result: HedgeAssessment) -> int | None:
    """The leg to look at closely, by its place."""
    if not result.legs:
        return None
    names = [leg.contract.id for leg in result.legs]
    wanted = state.remember("size_leg", names[0])
    chosen = st.selectbox(
        "Contract to look at",
        names,
        key=state.seed("size_leg", wanted if wanted in names else names[0]),
        on_change=state.keep,
        args=("size_leg",),
    )
    return names.index(chosen)


def draw_neighbours(result: HedgeAssessment, leg: int) -> None:
    """n − 1, n and n + 1 of one leg."""
    choices = result.alternatives(leg)
    st.markdown(f"**One contract more or fewer: {md(result.legs[leg].contract.id)}**")
    elements.chart(charts.contract_choices(choices, result.hedge_ratio), key="neighbours")
    elements.reading(charts.choices_reading(choices, result.hedge_ratio, is_joint=result.optimum is not None))


def draw_methods(result: HedgeAssessment) -> None:
    """The three sizing methods on this bag, side by side."""
    rows = []
    for method, label in inputs.METHODS.items():
        other = assess(result.plan.with_decisions(method=method), result.market, result.evidence)
        rows.append(
            {
                "Method": label,
                "Achieved": percent(other.achieved_hedge_ratio),
                "Left open": usd(other.residual_exposure),
                "Contracts": ", ".join(f"{leg.lots:,} × {leg.contract.code}" for leg in other.legs),
            }
        )
    st.markdown("**The three methods on this bag**")
    elements.table(rows, key="methods", right=RIGHT)
    elements.reading(
        "Multiplying by beta is right: a coin that moves more than its proxy needs a larger short. The guide's worked "
        "example divides by beta instead, which covers only hedge ratio / beta² of the exposure."
    )


def draw_contracts(result: HedgeAssessment) -> None:
    """Choose another contract for a leg, define one, and see where the catalogue's facts are from."""
    st.header("Contracts")
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        st.markdown("**Use another contract**")
        for leg in result.legs:
            _contract_choice(result, leg)
    with right, st.container(border=True):
        _custom_contract_form()
    today = result.market.as_of.date()
    with st.expander("The contracts in use: specifications, sources, dates"):
        elements.table(
            [
                {
                    "Contract": c.id,
                    "Size": c.size_text(),
                    "Kind": c.kind,
                    "Expiry": c.expiry_rule or "none",
                    "Margin": c.margin_note or "not known: counts 100%",
                    "Fees": c.fee_note or "assumed 0.1% a side",
                    "Source": c.source,
                    "Checked on": c.verified_on,
                    "Old": ages_text(old_figures(c, today)),
                    "Confidence": c.confidence,
                }
                for c in (leg.contract for leg in result.legs)
            ],
            key="specifications",
        )


def _contract_choice(result: HedgeAssessment, leg: SizedLeg) -> None:
    everything = known_contracts(result.plan, result.market)
    options = [c.id for c in everything if c.underlying == leg.underlying and not c.conflict]
    key = state.seed(f"contract_for_{leg.underlying}", leg.contract.id)
    st.selectbox(
        f"For {md(leg.underlying)}",
        options,
        format_func=lambda name: (
            f"{name} ({everything.get(name).size_text()}, {usd(everything.get(name).lot_notional(leg.price))})"
        ),
        key=key,
        on_change=_set_contract,
        args=(leg.underlying, key),
    )


def _set_contract(underlying: str, key: str) -> None:
    state.override("contract_choice", underlying, st.session_state[key])


def _custom_contract_form() -> None:
    st.markdown("**Define a contract of your own**")
    with st.form("custom_contract", border=False):
        code = st.text_input("Name", placeholder="MICRO-ETH", max_chars=32)
        underlying = st.text_input("Coin", value="ETH", max_chars=16)
        unit = st.radio("One contract is so many", ["coins", "US dollars' worth"], horizontal=True)
        size = st.number_input("Size", min_value=0.0, value=0.1, step=0.1, format="%.8g")
        if st.form_submit_button("Use this contract"):
            _add_custom(code.strip(), underlying, size, in_coins=unit == "coins")
    for custom in state.plan().overrides.contracts:
        st.button(
            f"Remove {md(custom.code)}",
            key=f"remove_{custom.code}",
            on_click=_remove_custom,
            args=(custom.code,),
            icon=":material/delete:",
        )


def _add_custom(code: str, underlying: str, size: float, *, in_coins: bool) -> None:
    try:
        if not code:
            raise HedgeError("field 'Name': is empty; give the contract a name.")
        custom = CustomContract(
            code=code,
            underlying=underlying,
            coins=size if in_coins else None,
            usd=None if in_coins else size,
        )
        contracts = (*state.plan().overrides.contracts, custom)
        catalogue().with_custom(contracts)
    except HedgeError as error:
        st.error(md(str(error)), icon=":material/error:")
        return
    state.set_plan(state.plan().with_overrides(contracts=contracts))
    state.override("contract_choice", custom.underlying, custom.contract().id)
    st.rerun()


def _remove_custom(code: str) -> None:
    plan = state.plan()
    removed = next(c for c in plan.overrides.contracts if c.code == code).contract()
    choice = {u: c for u, c in plan.overrides.contract_choice.items() if c != removed.id}
    kept = tuple(c for c in plan.overrides.contracts if c.code != code)
    state.set_plan(plan.with_overrides(contracts=kept, contract_choice=choice))
