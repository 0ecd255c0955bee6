"""The contracts: another one for a leg, one of the user's own, and where the catalogue's facts are from."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.figure_ages import ages_text, old_figures
from pages.ui.parts import elements
from pages.ui.parts.format import md, usd
from pages.ui.session import state


def draw(result: HedgeAssessment) -> None:
    """Choose another contract for a leg, and see where the facts of those in use are from."""
    if not result.legs:
        st.markdown("Nothing is sold, so there is no contract to choose.")
        return
    columns = st.columns(2, gap="large")
    for place, leg in enumerate(result.legs):
        with columns[place % 2]:
            _contract_choice(result, leg)
    today = result.market.as_of.date()
    elements.table(
        [
            {
                "Contract": c.id,
                "Size": c.size_text(),
                "Kind": c.kind,
                "Expiry": c.expiry_rule or "none",
                "Margin": c.margin_note or "not known: counts 100%",
                "Fees": c.fee_note or "assumed 0.1% per side",
                "Source": c.source,
                "Checked on": c.verified_on,
                "Old": ages_text(old_figures(c, today)),
                "Confidence": c.confidence,
            }
            for c in (leg.contract for leg in result.legs)
        ],
        key="specifications",
    )


def draw_own(result: HedgeAssessment) -> None:
    """A contract that the catalogue does not know."""
    _custom_contract_form()


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
