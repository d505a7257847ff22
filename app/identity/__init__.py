# SPDX-License-Identifier: Apache-2.0
"""Identities: which stored parties are the same person or organization."""
