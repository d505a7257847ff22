# SPDX-License-Identifier: Apache-2.0
"""Server processes, connections and the HTTP protocol (RFC 9112): bytes in, an ASGI call, bytes out."""
