"""Entry point of `python -m hedge_core`."""

import sys

from hedge_core.cli.main import main

sys.exit(main())
