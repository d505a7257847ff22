# SPDX-License-Identifier: Apache-2.0
"""Every error a client can meet, and the TMF Error body that tells it (TMF630 part 1, error handling).

TmfError
├── MovedPermanently             301  71  what was merged into another
├── BadRequest                   400  20  URL that is no UTF-8
│   ├── MissingBody              400  21
│   ├── InvalidBody              400  22  not JSON, not an object
│   ├── MissingField             400  23  mandatory attribute absent, null or blank
│   ├── InvalidField             400  24  wrong type, unknown value, not patchable
│   ├── InvalidHeader            400  26  If-Match, If-None-Match, Idempotency-Key
│   └── InvalidQuery             400  28  filter, fields, offset, limit
│       └── UnknownAttribute     400  28
├── MissingCredentials           401  40
│   ├── InvalidCredentials       401  41  no token of an accepted issuer for this server
│   │   └── ExpiredCredentials   401  42
│   ├── InvalidProof             401  41  no proof of the key that a token is bound to
│   └── InsufficientAuthentication 401 41  the user should log in again
├── Forbidden                    403  50  a scope is missing
├── NotFound                     404  60
├── MethodNotAllowed             405  61
├── NotAcceptable                406  62
├── RequestTimeout               408  63
├── Gone                         410  70  what was there once
├── Conflict                     409  69
│   ├── IllegalTransition        409  69
│   ├── ClosedResource           409  69  what is in a final state takes additions alone
│   ├── MergeConflict            409  69  what was merged into another takes no writes
│   ├── RelationshipConflict     409  69  a relationship that cannot be, as a cycle
│   └── DuplicateIdentity        409  69  a unique identifier is another document's
│       └── TakenIdentifier      409  69  the same, as the storage tells it
├── PreconditionFailed           412  65
├── PayloadTooLarge              413  66
├── UriTooLong                   414  67
├── UnsupportedMediaType         415  68
├── RangeNotSatisfiable          416  72
├── KeyReused                    422  100 Idempotency-Key of another body
├── PreconditionRequired         428  25
├── TooManyRequests              429  53  more than one client may send
├── HeadersTooLarge              431  101
├── InternalError                500  1
├── NotSupported                 501  2
├── BadGateway                   502  8   the hook of a task answered wrongly
├── Unavailable                  503  5
│   ├── OverCapacity             503  6
│   └── OutboxFull               503  5   no room for one more change that waits for the event log
├── GatewayTimeout               504  9   the hook of a task did not answer in time
└── InsufficientStorage          507  7   the database's disk is full
"""

import re
from collections.abc import Collection, Mapping, Sequence

_NOT_IN_DESCRIPTION = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""What an `error_description` may not hold (RFC 6750 §3)."""

LONGEST_ECHO = 200
"""Characters of a client's own input that an error repeats at most."""


class TmfError(Exception):
    """An answer that is not the one the client asked for.

    `message` says what was wrong and what would be right; `headers` go with the answer.
    """

    status = 500
    code = "1"
    reason = "Internal error"

    def __init__(self, message: str, headers: Mapping[str, str] | None = None, reference: str = "") -> None:
        """`reference` is the URL of what tells more, if anything does."""
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})
        self.reference = reference

    def body(self) -> dict[str, str]:
        """The TMF Error body; `status` is text, as the documents declare it, and v5 demands the `@type`."""
        body = {
            "@type": "Error",
            "code": self.code,
            "reason": self.reason,
            "message": self.message,
            "status": str(self.status),
        }
        return {**body, "referenceError": self.reference} if self.reference else body


class MovedPermanently(TmfError):
    """A resource was merged into another, whose URL is the `reference`, and with the request's query the `Location`.

    Clients keep no such answer: a merge may be undone (RFC 9110 §15.4.2 has it kept unless it is said otherwise).
    """

    status, code, reason = 301, "71", "Resource was merged into another"

    def __init__(self, message: str, reference: str = "", query: str = "") -> None:
        location = f"{reference}?{query}" if query else reference
        super().__init__(message, {"Location": location, "Cache-Control": "no-cache"}, reference)


class BadRequest(TmfError):
    status, code, reason = 400, "20", "Bad request"


class MissingBody(BadRequest):
    code, reason = "21", "Missing body"


class InvalidBody(BadRequest):
    code, reason = "22", "Invalid body"


class MissingField(BadRequest):
    code, reason = "23", "Missing body field"


class InvalidField(BadRequest):
    code, reason = "24", "Invalid body field"


class InvalidHeader(BadRequest):
    code, reason = "26", "Invalid header value"


class InvalidQuery(BadRequest):
    code, reason = "28", "Invalid query-string parameter value"


class UnknownAttribute(InvalidQuery):
    """Nothing is declared at a `path`, names joined with dots."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class MissingCredentials(TmfError):
    """No access token; `WWW-Authenticate` says that one is needed (RFC 6750 §3)."""

    status, code, reason = 401, "40", "Missing credentials"

    def __init__(self, message: str) -> None:
        super().__init__(message, {"WWW-Authenticate": 'Bearer realm="liaison"'})


class InvalidCredentials(MissingCredentials):
    """An access token that is not accepted."""

    code, reason = "41", "Invalid credentials"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        described = _NOT_IN_DESCRIPTION.sub("?", message)
        self.headers["WWW-Authenticate"] += f', error="invalid_token", error_description="{described}"'


class InvalidProof(MissingCredentials):
    """A token that is bound to a key, without a good proof that the client has it (RFC 9449 §7.1).

    `algorithms` are the signatures that a proof may have.
    """

    code, reason = "41", "Invalid credentials"

    def __init__(self, message: str, algorithms: Collection[str] = ()) -> None:
        super().__init__(message)
        described = _NOT_IN_DESCRIPTION.sub("?", message)
        self.headers["WWW-Authenticate"] = (
            f'DPoP realm="liaison", error="invalid_dpop_proof", error_description="{described}", '
            f'algs="{" ".join(algorithms)}"'
        )


class ExpiredCredentials(InvalidCredentials):
    code, reason = "42", "Expired credentials"


class InsufficientAuthentication(MissingCredentials):
    """The user should log in in another way, or again; `WWW-Authenticate` says how (RFC 9470 §3)."""

    code, reason = "41", "Invalid credentials"

    def __init__(self, message: str, acr_values: Collection[str] = (), max_age: int | None = None) -> None:
        super().__init__(message)
        challenge = f', error="insufficient_user_authentication", error_description="{message}"'
        challenge += f', acr_values="{" ".join(acr_values)}"' if acr_values else ""
        self.headers["WWW-Authenticate"] += challenge + (f', max_age="{max_age}"' if max_age is not None else "")


class Forbidden(TmfError):
    """The token grants too little; `WWW-Authenticate` names the `scope` that is missing (RFC 6750 §3.1)."""

    status, code, reason = 403, "50", "Access denied"

    def __init__(self, message: str, scope: str = "") -> None:
        challenge = f'Bearer realm="liaison", error="insufficient_scope", scope="{scope}"'
        super().__init__(message, {"WWW-Authenticate": challenge})


class NotFound(TmfError):
    status, code, reason = 404, "60", "Resource not found"


class MethodNotAllowed(TmfError):
    status, code, reason = 405, "61", "Method not allowed"


class NotAcceptable(TmfError):
    status, code, reason = 406, "62", "Not acceptable"


class RequestTimeout(TmfError):
    status, code, reason = 408, "63", "Request time-out"


class Gone(TmfError):
    """A resource is not there any more."""

    status, code, reason = 410, "70", "Resource is gone"


class Conflict(TmfError):
    status, code, reason = 409, "69", "Conflict"


class IllegalTransition(Conflict):
    reason = "Status transition not allowed"


class ClosedResource(Conflict):
    """What is in a final state does not change any more; it takes what its document declares as `x-amendable`."""

    reason = "Resource is closed"


class MergeConflict(Conflict):
    """An id that was merged into another takes no writes; the `reference` is the URL of that."""

    reason = "Resource was merged into another"

    def __init__(self, message: str, reference: str = "") -> None:
        super().__init__(message, reference=reference)


class RelationshipConflict(Conflict):
    """A relationship that cannot be: something would be above itself, or the other end has another one.

    `path` are the ids that lead from a document to itself.
    """

    def __init__(self, message: str, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.path = path


class DuplicateIdentity(Conflict):
    """A unique identifier is that of another document already (eTOM 1.3.4)."""


class PreconditionFailed(TmfError):
    status, code, reason = 412, "65", "Precondition failed"


class PayloadTooLarge(TmfError):
    status, code, reason = 413, "66", "Request entity too large"


class UriTooLong(TmfError):
    status, code, reason = 414, "67", "Request URI too long"


class UnsupportedMediaType(TmfError):
    status, code, reason = 415, "68", "Unsupported media type"


class RangeNotSatisfiable(TmfError):
    status, code, reason = 416, "72", "Range not satisfiable"


class KeyReused(TmfError):
    status, code, reason = 422, "100", "Idempotency-Key used for another body"


class PreconditionRequired(TmfError):
    status, code, reason = 428, "25", "Missing header"


class TooManyRequests(TmfError):
    """Too much of one client (RFC 6585 §4); `Retry-After` says when it may go on."""

    status, code, reason = 429, "53", "Too many requests"

    def __init__(self, message: str, seconds: int = 1) -> None:
        super().__init__(message, {"Retry-After": str(seconds)})


class HeadersTooLarge(TmfError):
    status, code, reason = 431, "101", "Request header fields too large"


class InternalError(TmfError):
    """Something unexpected; the log has the details, the client does not."""


class NotSupported(TmfError):
    status, code, reason = 501, "2", "Not implemented"


class BadGateway(TmfError):
    status, code, reason = 502, "8", "Bad gateway"


class Unavailable(TmfError):
    status, code, reason = 503, "5", "Service temporarily unavailable"


class OverCapacity(Unavailable):
    code, reason = "6", "Over capacity"


class OutboxFull(Unavailable):
    """A row has no room for one more change beside those that wait for the event log."""


class GatewayTimeout(TmfError):
    status, code, reason = 504, "9", "Gateway timeout"


class InsufficientStorage(TmfError):
    status, code, reason = 507, "7", "Insufficient storage"


def shorten(text: object, longest: int = LONGEST_ECHO) -> str:
    """`text` for use in a message: at most `longest` characters, so that no error echoes a whole body."""
    told = str(text)
    return told if len(told) <= longest else told[: longest - 1] + "…"


class StartError(Exception):
    """The server cannot start; the message says which file or setting is wrong, where, and what would be right."""

    exit_code = 1
    """Of the command that it ends."""


class DocumentsError(StartError):
    """OpenAPI documents cannot be served, or not on what is stored; the message has a line for each reason."""

    exit_code = 2
