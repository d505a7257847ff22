# SPDX-License-Identifier: Apache-2.0
"""The ASGI layers of the Connexion stack: context, errors, limits, routing, dispatch to handlers."""
