"""The curriculum: preflight, gates, and what follows from them."""
