"""The method in plain words, the worked examples computed live, the glossary, the limits."""

from pathlib import Path

import streamlit as st

from hedge_core import Shock, assess, run_scenario
from pages.ui.app import shell
from pages.ui.parts import elements
from pages.ui.parts.format import percent, usd
from pages.ui.session import examples, prices

DOCS = Path(__file__).parents[1] / "docs"

shell.guard()
st.title("The method")
st.markdown(
    """
You believe in your coins for years and fear a bad month. Altcoins fall further than Bitcoin when the market falls.
Selling ends the position; a stop-loss sells for good, often at the worst moment, because thin markets dip through the
level and come back. **A hedge keeps the coins and adds a short that gains when they fall: insurance, with a price.**

1. **Sort the bag.** Long-term holds are hedged; speculative trades get a stop-loss.
2. **Set the risk you accept.** Accepting 30% of a fall gives a hedge ratio of 70%.
3. **Choose what to short.** The coin's own future, else Ether and Bitcoin: a correlation of 0.7 or more is good, below
   0.5 it is not worth it.
4. **Size it.** Value × beta × hedge ratio, in whole contracts. Leverage here means posting little margin for the short
   that you need, never a larger short.
5. **Execute and watch.** Too little collateral gets the short liquidated in a rally. A hedge that gains markedly while
   the bag does not move has become too large: trim it. Dated futures must be rolled before they expire.
6. **Lift it by rules set beforehand**: the fall has come and the bag has steadied, expiry is near, or a new strong
   catalyst has arrived. Lifting means buying the contracts back.

**Who pays funding?** With a positive rate, longs pay shorts: a short earns it. With a negative rate the short pays.
"""
)

st.header("The worked examples, computed now")
CASES = (
    ("Altcoin X, dollar for dollar", "altcoin_x", {}, Shock(move=-0.05)),
    ("NovaCoin, divided by beta (as printed)", "novacoin_as_printed", {}, Shock(move=-0.15, of="bag")),
    ("NovaCoin, dollar for dollar", "novacoin", {"method": "notional"}, Shock(move=-0.15, of="bag")),
    ("NovaCoin, multiplied by beta (right)", "novacoin", {}, Shock(move=-0.15, of="bag")),
)
rows = []
for title, stem, changes, shock in CASES:
    result = assess(examples.example(stem).with_decisions(**changes), prices.sample_market())
    outcome = run_scenario(result, shock)
    rows.append(
        {
            "Example": title,
            "Exact": f"{result.legs[0].exact_contracts:.2f}",
            "Contracts": f"{abs(result.legs[0].contracts)}",
            "Bag": usd(outcome.bag_pnl, cents=True),
            "Hedge": f"+{usd(outcome.hedge_pnl, cents=True)}",
            "Together": usd(outcome.net_pnl, cents=True),
            "Offset": percent(outcome.offset),
            "Achieved ratio": percent(result.achieved_hedge_ratio),
        }
    )
elements.table(rows, key="worked_examples")
st.markdown(
    "In all NovaCoin rows the bag falls 15%, which with a beta of 1.8 means that Ether falls 8.333%. The guide prints "
    "a gain of 316.54 where the table has 316.67, because it rounds Ether's fall to 8.33%. It also states both "
    "*value × beta* and, in this example, *value / beta*. Only the first offsets the share that was chosen: with beta "
    "above 1, dividing covers only hedge ratio / beta² of the exposure. The example shows it: a “70% hedge” that "
    "offsets 21%."
)

st.header("What this program does not do")
st.markdown(
    "It does not trade, hold keys or know your account. It does not predict: betas and funding come from the past. It "
    "does not cover what happens to one coin alone (hacks, unlocks, delistings), the loss of a stablecoin's peg, or "
    "the failure of a venue. Tax is not considered. It is not financial advice."
)
with st.expander("Glossary", icon=":material/dictionary:"):
    st.markdown((DOCS / "glossary.md").read_text(encoding="utf-8").partition("\n")[2].replace("$", "\\$"))
