from .bag_fit import BagFit as BagFit, fit_bag as fit_bag
from .basket import Basket as Basket, BasketFitter as BasketFitter
from .betas import (
    BetaEstimate as BetaEstimate,
    correlations as correlations,
    covariance as covariance,
    estimate_betas as estimate_betas,
    rolling_betas as rolling_betas,
)
from .effectiveness import Effectiveness as Effectiveness, measure as measure
from .estimates import Estimates as Estimates, HistoryEstimates as HistoryEstimates
from .evidence import Evidence as Evidence, gather_evidence as gather_evidence
from .market_moves import market_betas as market_betas, stress_betas as stress_betas
from .proxies import Candidate as Candidate, ProxyChoice as ProxyChoice, choose_proxy as choose_proxy
