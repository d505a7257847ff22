# SPDX-License-Identifier: Apache-2.0
"""Why a message becomes no interaction."""


class RefusedMail(Exception):
    """A message that is set aside for a person to look at; the text says why."""


class Automatic(Exception):
    """A message that no person wrote to be read, such as a bounce or one that goes in a circle; the text says which."""
