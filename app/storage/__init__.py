"""Keeps documents in MongoDB. Nothing above this package knows the driver."""
