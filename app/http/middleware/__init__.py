"""The ASGI layers of the Connexion stack: context, errors, limits, routing, dispatch to handlers."""
