# SPDX-License-Identifier: Apache-2.0
"""How much hostility there is: all of it when LIAISON_HOSTILE is set, and what it may cost others."""

import os

LONG = "LIAISON_HOSTILE" in os.environ
EVERY = 1 if LONG else 25
"""Of the inputs of a family, every so manieth is sent."""
MOST_WAIT = 1.0
"""Seconds in which an ordinary client is served."""
