from .assessment import HedgeAssessment as HedgeAssessment
from .contract_choice import known_contracts as known_contracts
from .costs import CostEstimate as CostEstimate, estimate_costs as estimate_costs
from .held_coins import HeldCoin as HeldCoin
from .insurance import InsuranceQuote as InsuranceQuote, insurance_quote as insurance_quote
from .legs import ShortLeg as ShortLeg, SizedLeg as SizedLeg
from .margin import MarginRequirement as MarginRequirement, margin_requirement as margin_requirement
from .plan_progress import progress as progress
from .planner import assess as assess
from .rounding import whole_contracts as whole_contracts
from .sizing import (
    achieved_hedge_ratio as achieved_hedge_ratio,
    size_leg as size_leg,
    target_notional as target_notional,
)
from .venue_comparison import compare_venues as compare_venues, contract_options as contract_options
