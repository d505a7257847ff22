# SPDX-License-Identifier: Apache-2.0
"""The header `Authorization`: what of it is remembered, so that a token that comes again costs next to nothing."""

import pytest

from app.errors import InvalidCredentials
from app.http.headers.authorization import LONGEST_KEPT, bearer_token


def token_in(value: bytes) -> str:
    return bearer_token([(b"accept", b"*/*"), (b"authorization", bytes(bytearray(value)))])


@pytest.mark.parametrize(("length", "is_kept"), [(LONGEST_KEPT, True), (LONGEST_KEPT + 1, False)])
def test_a_token_that_comes_again_is_the_same_object_unless_it_is_long(length: int, is_kept: bool) -> None:
    value = b"Bearer ".ljust(length, b"x")
    assert token_in(value) == value[7:].decode()
    assert (token_in(value) is token_in(value)) is is_kept


def test_a_value_without_a_token_is_refused_each_time() -> None:
    for value in (b"Bearer", b"Bearer  ", b"Basic abc") * 2:
        with pytest.raises(InvalidCredentials):
            token_in(value)
