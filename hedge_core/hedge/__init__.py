"""From a plan and a market to legs in whole contracts, margin and costs."""
