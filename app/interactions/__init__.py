# SPDX-License-Identifier: Apache-2.0
"""Interaction management (eTOM 1.6.9) on top of the engine: what is promised to a party, and how it is reached."""
