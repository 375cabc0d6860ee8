"""Networks that draw architectures decision by decision, and losses that teach them; torch."""
