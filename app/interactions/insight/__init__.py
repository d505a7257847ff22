# SPDX-License-Identifier: Apache-2.0
"""Insight: figures about interactions and satisfaction (key performance indicators), sliced by dimensions."""
