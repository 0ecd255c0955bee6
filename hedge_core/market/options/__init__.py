"""Options: their price by Black-76, the volatility it takes, the contracts on offer, and what they do when held."""
