# SPDX-License-Identifier: Apache-2.0
"""Inbound e-mail: each message becomes an interaction of its conversation."""
