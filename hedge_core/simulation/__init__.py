"""What may become of bag and hedge on many paths."""
