# SPDX-License-Identifier: Apache-2.0
"""MongoDB itself: embedded or elsewhere, its connection, its health, and its failures as TMF Errors."""
