"""What other libraries want: a problem of pymoo, an objective of Optuna, a data set of Minari."""
