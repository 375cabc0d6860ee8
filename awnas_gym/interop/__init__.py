"""Environments as other libraries want them: a pymoo problem, an Optuna objective."""
