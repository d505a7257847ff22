"""Runs the command `liaison` as `python -m app.cli`."""

from app.cli import main

main()
