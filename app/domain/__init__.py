# SPDX-License-Identifier: Apache-2.0
"""The rules of parties, customers and interactions: plain functions on plain dicts."""
