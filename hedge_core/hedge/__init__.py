"""The hedge: from a plan and a market to legs in whole contracts, with their margin and costs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
