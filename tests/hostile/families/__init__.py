# SPDX-License-Identifier: Apache-2.0
"""Hostile inputs by what they are about."""
