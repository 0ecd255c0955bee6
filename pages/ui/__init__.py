"""What the pages share: the plan in this session, the market, inputs, formats and charts."""
