"""Words for the number of contracts: the ratio that each count achieves."""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.hedge.sizing import CountChoice


def ratio_texts(choices: Sequence[CountChoice]) -> list[str]:
    """The achieved ratios in percent, with as many digits as tell them apart (one to three)."""
    for digits in (1, 2, 3):
        texts = [f"{choice.achieved_hedge_ratio:.{digits}%}" for choice in choices]
        if len(set(texts)) == len(texts):
            break
    return texts
