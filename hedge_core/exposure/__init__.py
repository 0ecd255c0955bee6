"""How coins move together: betas, bag-level fits, proxies, and how reliable each has been."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
