"""`python -m awnas_gym`, and `torchrun … -m awnas_gym`: the command `awnas`."""

from __future__ import annotations

from awnas_gym.cli.main import main

if __name__ == "__main__":
    main()
