"""Market data: coins, contracts, venues and prices, and the sources that supply them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
