"""The OpenAPI documents: bundled, checked, and turned into what the engine needs."""
