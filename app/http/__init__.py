"""HTTP in front of the resources: a request goes through server, middleware and handlers, and comes back."""
