"""The application that the server processes import."""

from app.composition.factory import create_app

app = create_app()
