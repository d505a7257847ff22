# SPDX-License-Identifier: Apache-2.0
"""Envelope encryption of personal data with a key per party, which can be destroyed (crypto-shredding)."""
