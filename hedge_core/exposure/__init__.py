"""How coins move together: betas, the bag as a whole, proxies, and how far each is to be trusted."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
