# SPDX-License-Identifier: Apache-2.0
"""HTTP: server (protocol), middleware (ASGI layers) and handlers (operations)."""
