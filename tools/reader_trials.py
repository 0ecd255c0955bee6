"""Reads tables made from known bags, fills and prices, and counts what is wrong, asked and refused.

At most 2% of the clean tables may be asked about. No quantity may be off by more than 1% without a question or a
refusal, and no position, average price, fee, last close or number of days may be wrong without a word. Run it by
`make trials`; it exits with 1 if a bound is broken, and prints the seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.support.fill_tables import judged_fills, judged_prices, made_fills, made_prices
from tests.support.tables import judged, made

MOST_ASKED = 0.02
KINDS: dict[str, tuple[Callable[[int], Any], Callable[[Any], str]]] = {
    "holdings": (made, judged),
    "fills": (made_fills, judged_fills),
    "prices": (made_prices, judged_prices),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, default="holdings")
    parser.add_argument("--only", type=int, help="show the table of one seed and what becomes of it")
    options = parser.parse_args()
    make, judge = KINDS[options.kind]
    if options.only is not None:
        case = make(options.only)
        print(case.mutations, case.truth, case.content, judge(case), sep="\n")
        return 0
    clean: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    wrong = []
    for seed in range(options.seed, options.seed + options.cases):
        case = make(seed)
        result = judge(case)
        kind = result.partition(":")[0]
        (changed if case.mutations else clean)[kind] += 1
        if kind == "wrong":
            wrong.append(f"seed {seed} ({', '.join(case.mutations) or 'clean'}): {result}")
    asked = (clean["asked"] + clean["refused"]) / max(1, clean.total())
    print(f"clean tables: {dict(clean)}; asked about or refused: {asked:.2%}")
    print(f"changed tables: {dict(changed)}")
    print(f"wrong without a word: {len(wrong)}", *wrong[:30], sep="\n  ")
    return int(bool(wrong) or asked > MOST_ASKED)


if __name__ == "__main__":
    sys.exit(main())
