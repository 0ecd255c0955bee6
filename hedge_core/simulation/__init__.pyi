from .alternatives import AlternativeSettings as AlternativeSettings, compare_alternatives as compare_alternatives
from .cash_advice import CashAdvice as CashAdvice, advise_cash as advise_cash
from .frontier import Frontier as Frontier, hedge_frontier as hedge_frontier
from .policy_comparison import (
    PolicyComparison as PolicyComparison,
    PolicySettings as PolicySettings,
    compare_policies as compare_policies,
)
from .rebalancing import BandChoice as BandChoice, cheapest_band as cheapest_band
from .simulation import Simulation as Simulation, simulate as simulate
from .ways import Alternatives as Alternatives
