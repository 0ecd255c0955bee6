"""A running hedge: its position, what to do about it, and whom to tell."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
