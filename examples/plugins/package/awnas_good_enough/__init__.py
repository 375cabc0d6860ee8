"""An objective for awnas_gym: the smallest network that is good enough."""
