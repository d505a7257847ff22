# SPDX-License-Identifier: Apache-2.0
"""What is kept for identity: blocking keys of parties, how far matching is, suspected duplicates."""
