# SPDX-License-Identifier: Apache-2.0
"""Interaction management (eTOM 1.6.9): what is promised to a party, by when, and whether it was kept."""
