# SPDX-License-Identifier: Apache-2.0
"""Deliveries of notifications to listeners: in order, with retries, signed, to allowed addresses alone."""
