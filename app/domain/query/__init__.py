# SPDX-License-Identifier: Apache-2.0
"""Queries of lists (TMF630 parts 1 and 6): parsed into predicates, resolved by the declared attributes, evaluated."""
