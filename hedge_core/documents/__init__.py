"""Reading and writing files and links: plans, holdings, fills, calendars. All untrusted input is read here."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
