"""Results for people and scripts: HTML report, workbook, order ticket, derivations, JSON."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
