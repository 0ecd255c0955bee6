"""Profit and loss under a move, or in a crash of the past."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
