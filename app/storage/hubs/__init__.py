# SPDX-License-Identifier: Apache-2.0
"""Listeners and topics as they are stored, and the secrets of listeners, encrypted."""
