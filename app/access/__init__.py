# SPDX-License-Identifier: Apache-2.0
"""Who may do what: tokens, and the scopes and roles in them. Nothing here speaks HTTP to clients."""
