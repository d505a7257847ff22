"""The application that the server processes import."""

from app.factory import create_app

app = create_app()
