# SPDX-License-Identifier: Apache-2.0
"""What a failure of the database means to the client."""

import pytest
from pymongo import errors as driver

from app.errors import InsufficientStorage, InvalidQuery, NotFound, Unavailable
from app.storage.mongod.failures import as_tmf_errors, summary


def labelled(failure: driver.PyMongoError, label: str) -> driver.PyMongoError:
    failure._add_error_label(label)
    return failure


@pytest.mark.parametrize(
    "failure",
    [
        driver.ServerSelectionTimeoutError("no server"),
        driver.AutoReconnect("gone"),
        driver.NetworkTimeout("slow"),
        driver.NotPrimaryError("stepped down"),
        driver.WaitQueueTimeoutError("busy"),
        driver.ExecutionTimeout("operation exceeded time limit", 50),
        driver.WTimeoutError("waiting for replication timed out", 64),
        driver.WriteConcernError("operation was interrupted", 11602),
        driver.OperationFailure("the primary stepped down", 189),
        driver.CursorNotFound("cursor id 7 not found", 43),
        labelled(driver.OperationFailure("no such transaction", 251), "TransientTransactionError"),
    ],
)
def test_what_may_pass_is_an_invitation_to_try_again(failure: driver.PyMongoError) -> None:
    with pytest.raises(Unavailable, match=r"try again$") as told, as_tmf_errors():
        raise failure
    assert told.value.headers == {"Retry-After": "1"}
    assert told.value.__cause__ is failure


@pytest.mark.parametrize(
    "failure",
    [
        driver.DocumentTooLarge("BSON document too large"),
        driver.OperationFailure("BSONObjectTooLarge", 10334),
        driver.WriteError("Resulting document after update is larger than 16777216", 17419),
        driver.OperationFailure("Document to upsert is larger than 16777216", 17280),
        driver.WriteError("Document to upsert is larger than 16777216", 17420),
    ],
)
def test_a_row_that_is_full_is_an_invitation_to_try_again(failure: driver.PyMongoError) -> None:
    with pytest.raises(Unavailable, match="16 MiB; try again") as told, as_tmf_errors():
        raise failure
    assert told.value.headers == {"Retry-After": "1"}


SECRET = "Jane Doe"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            driver.BulkWriteError(
                {"writeErrors": [{"code": 2, "index": 0, "op": {"name": SECRET}}], "writeConcernErrors": []}
            ),
            "BulkWriteError (code 2)",
        ),
        (
            driver.OperationFailure(f"dup key: {SECRET}", 11000, {"keyValue": {"name": SECRET}}),
            "OperationFailure (code 11000)",
        ),
        (driver.InvalidOperation(SECRET), "InvalidOperation"),
        (driver.AutoReconnect("127.0.0.1:27017: closed"), "AutoReconnect: 127.0.0.1:27017: closed"),
    ],
)
def test_log_lines_tell_of_a_failure_what_no_client_has_sent(failure: driver.PyMongoError, told: str) -> None:
    assert summary(failure) == told


def of_many(code: int, message: str) -> driver.BulkWriteError:
    return driver.BulkWriteError(
        {"writeErrors": [{"index": 0, "code": code, "errmsg": message}], "writeConcernErrors": []}
    )


@pytest.mark.parametrize(
    "failure",
    [
        driver.WriteError("28: No space left on device", 8),
        driver.OperationFailure("28: No space left on device", 1),
        driver.OperationFailure("available disk space of 1 bytes is less than required minimum", 14031),
        of_many(8, "28: No space left on device"),
    ],
)
def test_a_full_disk_is_told_as_such(failure: driver.PyMongoError) -> None:
    with pytest.raises(InsufficientStorage, match="disk of the database is full") as told, as_tmf_errors():
        raise failure
    assert told.value.headers.keys() == {"Retry-After"}


def test_what_a_client_calls_a_full_disk_is_none() -> None:
    failure = driver.DuplicateKeyError("E11000 duplicate key { _id: 'No space left on device' }", 11000)
    with pytest.raises(driver.DuplicateKeyError), as_tmf_errors():
        raise failure


def test_a_search_for_an_expression_that_takes_too_long_is_the_clients_to_narrow() -> None:
    failure = driver.ExecutionTimeout("operation exceeded time limit", 50)
    with pytest.raises(InvalidQuery, match="narrow the query") as told, as_tmf_errors(searching=True):
        raise failure
    assert told.value.__cause__ is failure


@pytest.mark.parametrize("code", [51091, 51109, 51156])
def test_an_expression_that_the_database_gives_up_on_is_refused(code: int) -> None:
    with pytest.raises(InvalidQuery, match="write a simpler one"), as_tmf_errors():
        raise driver.OperationFailure("Regular expression is invalid", code)


@pytest.mark.parametrize(
    "failure", [driver.OperationFailure("not authorized", 13), driver.DuplicateKeyError("taken", 11000), NotFound("no")]
)
def test_what_is_no_passing_failure_is_not_dressed_up_as_one(failure: Exception) -> None:
    with pytest.raises(type(failure)) as raised, as_tmf_errors():
        raise failure
    assert raised.value is failure


def test_nothing_is_told_when_nothing_fails() -> None:
    with as_tmf_errors():
        answered = True
    assert answered
