"""What one more session takes of the server's memory, beside a bare page with the same widgets and figures.

Sessions are real websockets without a browser; each opens its page and stays. What Python has not collected yet
counts. Memory that is shared with other processes counts in proportion, so that a process that ends elsewhere adds
some: measure on a quiet machine. The first hundred sessions are not counted: with them come the imports, the
allocator's reserves, and what is kept for all sessions together up to a number of entries (such as the grids of 64
plans).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import pairwise

from benchmarks.harness import Timings, benchmark
from benchmarks.load.client import Tab
from benchmarks.load.watch import Usage, usage
from benchmarks.servers import ROOT, running
from hedge_core import load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode

WARM_UP, BATCH, BATCHES = 100, 20, 5
SETTLING = 1.0
KIB = 1024.0


async def open_scenarios(tab: Tab, draw: random.Random) -> None:
    """The scenarios page with a plan of one's own in the address: the layer-1 example with another risk."""
    plan = load_plan(ROOT / "examples" / "layer1_bag.json").with_decisions(risk_accepted=draw.randint(5, 90) / 100)
    await tab.open(page="scenarios", query=f"{PARAMETER}={encode(Shared(plan=plan))}")
    await tab.set("scenario_move", draw.randint(-60, -20))


async def open_bare(tab: Tab, draw: random.Random) -> None:
    await tab.open()
    await tab.set("scenario_move", draw.randint(-60, -20))


async def growth(script: str, settle: Callable[[Tab, random.Random], Awaitable[None]]) -> list[Usage]:
    """What the server takes after the warm-up and after each further batch of sessions."""
    draw, tabs, taken = random.Random(0), list[Tab](), list[Usage]()
    with running(script) as server:
        for size in [WARM_UP] + [BATCH] * BATCHES:
            for _ in range(size):
                tabs.append(Tab(server.address))
                await settle(tabs[-1], draw)
            await asyncio.sleep(SETTLING)
            taken.append(usage([server.pid]))
        for tab in tabs:
            await tab.close()
    return taken


def per_session(taken: list[Usage]) -> list[float]:
    """KiB of each batch, a session."""
    return [(after.pss - before.pss) / BATCH / KIB for before, after in pairwise(taken)]


@benchmark("memory of one more session", peer="a bare page, same widgets and figures", at_most_ratio=1.4)
def one_more_session() -> Timings:
    ours = asyncio.run(growth("app.py", open_scenarios))
    bare = asyncio.run(growth("benchmarks/bare_page.py", open_bare))
    files = [(taken[-1].files - taken[0].files) / (BATCH * BATCHES) for taken in (ours, bare)]
    batches = f"a session, median of {BATCHES} batches of {BATCH}"
    return Timings(
        per_session(ours),
        per_session(bare),
        note=f"{batches}; open files a session {files[0]:.1f}, bare {files[1]:.1f}",
        unit="KiB",
    )
