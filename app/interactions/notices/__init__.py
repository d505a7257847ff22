# SPDX-License-Identifier: Apache-2.0
"""Notices (eTOM 1.6.9): parties and representatives are told in time of what was promised and of what is late."""
