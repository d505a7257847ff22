# SPDX-License-Identifier: Apache-2.0
"""Runs the command `liaison` as `python -m app.cli`."""

from app.cli import main

if __name__ == "__main__":  # Not in the worker processes of an import, which import this module, too.
    main()
