from .coins import is_stablecoin as is_stablecoin, resolve_coin as resolve_coin
from .contracts import (
    Catalogue as Catalogue,
    Contract as Contract,
    CustomContract as CustomContract,
    catalogue as catalogue,
)
from .expiries import held_expiry as held_expiry
from .live.markets import ExchangeSource as ExchangeSource, LiveMarkets as LiveMarkets
from .snapshot import (
    FundingHistory as FundingHistory,
    MarketSnapshot as MarketSnapshot,
    PriceHistory as PriceHistory,
    Quote as Quote,
)
from .sources import MarketSource as MarketSource, Wanted as Wanted
from .sources.sample import SampleSource as SampleSource
from .venues import VENUES as VENUES
from .venues.venue import Venue as Venue
