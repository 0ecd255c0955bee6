"""Live market data from exchanges: fetched, validated, cached and combined into one snapshot."""
