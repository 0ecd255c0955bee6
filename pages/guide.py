"""The method in six lines, the worked examples computed live, a glossary with search, the limits."""

from pathlib import Path

import streamlit as st

from hedge_core import MarketSnapshot, Shock, assess, run_scenario
from pages.ui.app import first_words, glossary, shell
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md, percent, usd
from pages.ui.parts.lead import draw
from pages.ui.session import examples, memo, prices

DOCS = Path(__file__).parents[1] / "docs"
MOST_FOUND = 8
"""Words that a search lists at most."""

shell.guard()
draw(first_words.GUIDE)
st.markdown(
    """
1. **Sort the bag.** Long-term coins are hedged; speculative trades get a stop-loss.
2. **Set the risk.** Accepting 30% of a crash gives a hedge ratio of 70%.
3. **Choose what to short.** The coin's own future, else Ether and Bitcoin at a correlation of 0.7 or more.
4. **Size it.** Short value × beta × hedge ratio, in whole contracts. More would be a bet on a fall.
5. **Execute and watch.** Too little cash gets you liquidated in a rally; dated futures must be rolled.
6. **Close it by rules that you set beforehand**, for a fall and for no fall.
"""
)
st.caption(
    "Who pays funding? With a positive rate longs pay shorts, so a short earns it; with a negative rate it pays."
)


@fragments.block
def search() -> None:
    """The search box of the glossary, and what it finds."""
    with st.container(key="glossary_found"):
        wanted = st.text_input("Glossary", placeholder="A term, such as beta, roll or funding", key="glossary_search")
        if not wanted.strip():
            st.caption(f"{len(glossary.glossary())} terms. Those whose name matches come first.")
            return
        found = glossary.matching(wanted)
        for word in found[:MOST_FOUND]:
            st.markdown(f"**{word}.** {glossary.glossary()[word]}".replace("$", "\\$"))
        if not found:
            st.caption(md(f"'{wanted.strip()[:40]}' is not in the glossary."))
        elif len(found) > MOST_FOUND:
            st.caption(f"{len(found) - MOST_FOUND} more: search for a longer word.")


search()

st.header("The worked examples, computed now")
CASES = (
    ("Altcoin X, dollar for dollar", "altcoin_x", {}, Shock(move=-0.05)),
    ("NovaCoin, value / beta (published)", "novacoin_as_printed", {}, Shock(move=-0.15, of="bag")),
    ("NovaCoin, dollar for dollar", "novacoin", {"method": "notional"}, Shock(move=-0.15, of="bag")),
    ("NovaCoin, value × beta (right)", "novacoin", {}, Shock(move=-0.15, of="bag")),
)


def worked_examples(market: MarketSnapshot) -> list[dict[str, str]]:
    """The rows of the table of worked examples."""
    rows = []
    for title, stem, changes, shock in CASES:
        result = assess(examples.example(stem).with_decisions(**changes), market)
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
            }
        )
    return rows


sample = prices.sample_market()
elements.table(memo.for_all("examples", sample, "guide", lambda: worked_examples(sample)), key="worked_examples")
st.caption(
    "The examples are those of the published guide whose method this program follows. In all NovaCoin rows the bag "
    "falls 15%, which with a beta of 1.8 means that Ether falls 8.333%. The guide rounds that to 8.33% and so prints a "
    "gain of 316.54 where the table has 316.67. It states both *value × beta* and, in this example, *value / beta*. "
    "Only the first offsets the chosen share: with a beta above 1, dividing covers only hedge ratio / beta² of the "
    "exposure. The example shows it: a “70% hedge” that offsets 21%."
)

st.header("What this program does not do")
st.markdown(
    """
- It does not trade, hold keys or know your account.
- It does not predict: betas and funding come from the past.
- It does not cover what happens to one coin alone (hacks, unlocks, delistings), a stablecoin that loses its peg, or a
  venue that fails.
- It does not consider tax, and it is not financial advice.
"""
)
with st.expander("The whole glossary", icon=":material/dictionary:"):
    st.markdown((DOCS / "glossary.md").read_text(encoding="utf-8").partition("\n")[2].replace("$", "\\$"))
