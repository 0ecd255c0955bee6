"""How coins move together: betas, the bag as a whole, proxies, and how far each is to be trusted."""
