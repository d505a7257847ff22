"""Request and response headers, each in a file of its own."""
