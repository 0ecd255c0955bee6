"""What is known of the outside: coins, contracts, venues, prices and where they come from."""
