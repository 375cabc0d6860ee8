"""The command line: each command one file, one row in `main.COMMANDS`."""
