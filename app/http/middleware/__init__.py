# SPDX-License-Identifier: Apache-2.0
"""Middleware (ASGI) of the Connexion stack: context, errors, limits, authorization, routing, dispatch."""
