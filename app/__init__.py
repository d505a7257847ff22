# SPDX-License-Identifier: Apache-2.0
"""Liaison: a TM Forum server for parties, customers, party roles, party interactions and privacy."""

import warnings

__version__ = "0.1.0"

# Connexion imports Starlette's test client, which nothing of ours uses, and with it a notice about httpx.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
