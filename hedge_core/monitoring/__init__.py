"""A running hedge: its position and profit, alerts and trades, and messages to the holder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
