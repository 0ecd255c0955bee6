"""`python -m tools.five_bags`: print the document."""

from hedge_core import SampleSource
from tools.five_bags import document

print(document(SampleSource().snapshot()), end="")
