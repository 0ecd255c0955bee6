"""The plan: the holder's bag, decisions, fills and rules. Nothing here is computed from a market."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
