# SPDX-License-Identifier: Apache-2.0
"""The application that the server processes import."""

from app.composition.factory import create_app

app = create_app()
