# SPDX-License-Identifier: Apache-2.0
"""Where a server of the comparison keeps its customers: the same for all, told by the environment."""

import os

URI = "BENCH_MONGODB_URI"
DATABASE = "BENCH_DATABASE"
COLLECTION = "customer"
LIMIT = 20
"""Length of a list when the client names none."""


def uri() -> str:
    """The MongoDB to use. Writes are acknowledged by a majority, as Liaison's are."""
    return f"{os.environ[URI]}&w=majority"


def database() -> str:
    """The name of the database."""
    return os.environ[DATABASE]
