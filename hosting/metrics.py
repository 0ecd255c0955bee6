"""The app's own counts beside Streamlit's, at `/_stcore/metrics`: what was asked of exchanges, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamlit.runtime.stats import CounterStat, GaugeStat, Stat

from hedge_core.market.live.tally import Tally
from hosting.logs import Faults
from hosting.readiness import Readiness

FETCHES = "hedge_market_fetches"
KEPT = "hedge_market_cache_answers"
AGE = "hedge_market_age_seconds"
ERRORS = "hedge_errors"
WARM = "hedge_ready"


class Metrics:
    """A provider of counts for Streamlit's endpoint."""

    stats_families = (FETCHES, KEPT, AGE, ERRORS, WARM)

    def __init__(self, readiness: Readiness, faults: Faults) -> None:
        self._readiness = readiness
        self._faults = faults

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[Stat]]:
        """The families that are asked for, all when none is named."""
        markets = self._readiness.markets
        counts = (markets.tally if markets else Tally()).read()
        stats: dict[str, Sequence[Stat]] = {
            FETCHES: [
                CounterStat(FETCHES, count, {"exchange": exchange, "outcome": outcome}, help=_FETCHES_HELP)
                for (exchange, outcome), count in sorted(counts.fetched.items())
            ],
            KEPT: [
                CounterStat(KEPT, count, {"exchange": exchange}, help="Answers that came out of the cache.")
                for exchange, count in sorted(counts.kept.items())
            ],
            AGE: [
                GaugeStat(AGE, round(age), {"exchange": exchange}, unit="seconds", help=_AGE_HELP)
                for exchange, age in sorted(counts.ages.items())
            ],
            ERRORS: [
                CounterStat(ERRORS, count, {"logger": logger, "kind": kind}, help="Errors that were logged.")
                for (logger, kind), count in sorted(self._faults.read().items())
            ],
            WARM: [GaugeStat(WARM, int(self._readiness.is_warm), help="1 when this process can serve.")],
        }
        return {name: stats[name] for name in family_names or self.stats_families if name in stats}


_FETCHES_HELP = "Things asked of an exchange, by outcome: ok, or the kind of the fault."
_AGE_HELP = "Seconds since the exchange last gave this process a good answer."
