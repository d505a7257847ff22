"""HTTP in front of the engine: Connexion routes, we bind, read, answer and tell errors."""
