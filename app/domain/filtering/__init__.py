"""What a query string asks for: read into predicates, evaluated on plain documents."""
