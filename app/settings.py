# SPDX-License-Identifier: Apache-2.0
"""Every setting: its name in the environment, its default and what it does."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as shapes

from app.errors import StartError

Environment = Mapping[str, str]

EVERY_ADDRESS = "0.0.0.0"  # nosec B104 # nothing listens on it unless it is set


def _setting(default: Any, help: str, name: str | None = None, check: Any = None, *, shown: bool = True) -> Any:
    return field(default=default, repr=shown, metadata={"help": help, "name": name, "check": check})


@dataclass(frozen=True)
class Settings:
    """What a deployment may choose. Each field is read from `LIAISON_<FIELD>` unless it names another variable."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on.", check=validate.Range(0, 65535))
    workers: int = _setting(0, "Server processes; 0 means one per core.", check=validate.Range(0, 256))
    public_url: str = _setting("", "Root of the URLs in `href` and `Location`; empty means `http://<host>:<port>`.")
    forwarded_from: str = _setting(
        "",
        "Networks of proxies whose `Forwarded` or `X-Forwarded-*` headers name URL and client, as `10.0.0.0/8`.",
    )
    cors_origins: str = _setting(
        "", "Origins of web pages that may call the server, as `https://app.example.com,…`; `*` for all."
    )
    issuers: str = _setting(
        "", "Issuers whose access tokens are accepted, by commas; without any, nobody is asked for a token."
    )
    audience: str = _setting("", "The `aud` that those tokens need, one of several by commas.")
    access: str = _setting("", "YAML file of what more there is to say of issuers, and of what roles may do.")
    insecure: bool = _setting(False, "Whether others than this machine may call a server without issuers.")
    path_prefix: str = _setting("", "Path put before every base path and `/health`, such as `/r1-liaison`.")
    base_paths: str = _setting("", "Other base paths for single APIs, as `party-v4=/tmf-api/partyManagement/v4,…`.")
    mongodb_uri: str = _setting("", "MongoDB to use; empty starts the embedded one.", name="MONGODB_URI")
    database: str = _setting("liaison", "Name of the database.", check=validate.Length(1, 63))
    data: str = _setting(".liaison", "Directory of the embedded MongoDB's files.")
    reserved_megabytes: int = _setting(
        256,
        "Megabytes kept back on the disk of the embedded MongoDB, so that reads go on when it is full; 0 means none.",
        check=validate.Range(0),
    )
    relay: bool = _setting(True, "Whether `liaison serve` also runs the relay that delivers events.")
    apis: str = _setting("", "Directories of OpenAPI documents to serve beside ours, or single documents, by commas.")
    lifecycles: str = _setting("", "YAML file whose lifecycles replace the declared ones, by resource.")
    policies: str = _setting("", "YAML file of what processes follow: reasons, checks of partner systems, time limits.")
    interaction_policies: str = _setting(
        "", "YAML file of what is promised for interactions, by when, and whom to tell; empty promises nothing."
    )
    notice_templates: str = _setting(
        "", "Directory of templates of notices that take the place of those in the package, or add languages."
    )
    notice_language: str = _setting("en", "Language of notices to whoever has none that there are templates in.")
    notice_hooks: str = _setting(
        "", "URLs that notices are posted to, by medium, as `sms=https://gateway.example/sms,push=…`; also `webhook`."
    )
    notice_hook_secret: str = _setting(
        "", "Secret that those posts are signed with (Standard Webhooks), as `whsec_…`.", shown=False
    )
    smtp_host: str = _setting("", "Mail server that notices by e-mail are handed to; empty sends none.")
    smtp_port: int = _setting(
        587, "Port of the mail server; 465 for TLS from the first byte.", check=validate.Range(1, 65535)
    )
    smtp_tls: str = _setting(
        "required",
        "TLS to it: `required` (STARTTLS, or nothing is sent), `implicit` (from the first byte), `optional`, `off`.",
        check=validate.OneOf(["required", "implicit", "optional", "off"]),
    )
    smtp_ca: str = _setting("", "PEM file of the authorities of its certificate; empty means the system's.")
    smtp_user: str = _setting("", "User to log in to the mail server as.")
    smtp_password: str = _setting("", "Password of that user.", shown=False)
    smtp_from: str = _setting("", "Address that notices are from, as `Care <care@example.com>`.")
    smtp_unsubscribe: str = _setting(
        "",
        "URL for the header `List-Unsubscribe`, as `https://…` or `mailto:…`.",
        check=validate.Regexp(r"((https|mailto):[\x21-\x3b\x3d\x3f-\x7e]+)?\Z", error="Not such a URL."),
    )
    smtp_seconds: float = _setting(
        120.0, "Time that the sending of one e-mail may take; past it, it is tried again.", check=validate.Range(0.1)
    )
    survey_policies: str = _setting(
        "", "YAML file of when parties are asked how satisfied they are; empty means the one in the package."
    )
    insight: bool = _setting(
        False,
        "Whether figures about interactions are offered, and what they count is kept ready with each interaction.",
    )
    insight_answers: int = _setting(
        5,
        "How many answers to surveys are told of together at least; 1 tells of each.",
        check=validate.Range(1, 1000),
    )
    identity_rules: str = _setting(
        "", "YAML file of when two parties are the same; empty means the one in the package."
    )
    matching: bool = _setting(
        False, "Whether parties that may be the same as one that is written are looked for, recorded and announced."
    )
    direct_moves: bool = _setting(
        False, "Whether PATCH may make the moves that are for a process, such as that of a customer to `Terminated`."
    )
    closed_changes: bool = _setting(
        False,
        "Whether PATCH may change what is in a final state beyond what its document declares as amendable, such as "
        "the description of an interaction that is `completed`.",
    )
    schemas: str = _setting("", "Directory of the JSON Schemas of this deployment's own classes.")
    archive: str = _setting(
        "mongodb:",
        "Where bundles of the archive are kept: `mongodb:`, the server's database, `file:/directory`, or "
        "`s3://bucket/prefix`.",
    )
    retention: str = _setting("", "YAML file of the retention schedule; empty means the one in the package.")
    accept_data: bool = _setting(
        False, "Whether to start on stored documents that do not conform to the OpenAPI documents served now."
    )
    references: str = _setting(
        "local",
        "Check of references: `local` (those whose `href` points here), `strict` (by type, too), `off`.",
        check=validate.OneOf(["local", "strict", "off"]),
    )
    unique: str = _setting(
        "default",
        "Unique identifiers in force, by commas, as `identification,email`; `default` for those that are not optional "
        "in the documents, `off` for none.",
    )
    deprecation: str = _setting(
        "", "Since when versions are deprecated, as `v4=2027-01-01T00:00:00Z` or `party-v4=…,customer-v4=…`."
    )
    sunset: str = _setting("", "When versions will be switched off, written alike; told to clients, not done.")
    default_limit: int = _setting(100, "Length of a list when the client names no `limit`.", check=validate.Range(1))
    max_limit: int = _setting(
        1000, "Longest list of one answer; a larger `limit` is lowered to it.", check=validate.Range(1)
    )
    partial_status: int = _setting(
        206,
        "Status of a part of a list that a client asked for: 206, or 200 for clients that know no other success.",
        check=validate.OneOf([200, 206]),
    )
    lists_megabytes: int = _setting(
        8,
        "Memory that a process may take to remember what lists showed, in megabytes; 0 means none.",
        check=validate.Range(min=0),
    )
    max_body_bytes: int = _setting(
        1024 * 1024, "Largest request body in bytes; a larger one is 413.", check=validate.Range(1024)
    )
    attachment_bytes: int = _setting(
        25 * 1024 * 1024,
        "Largest attachment whose bytes the server keeps; a larger one is 413.",
        check=validate.Range(1),
    )
    attachment_types: str = _setting(
        "application/gzip,application/json,application/msword,application/octet-stream,application/ogg,application/pdf,"
        "application/rtf,application/vnd.ms-*,application/vnd.oasis.opendocument.*,"
        "application/vnd.openxmlformats-officedocument.*,application/x-gzip,application/zip,audio/*,image/bmp,image/gif,"
        "image/heic,image/jpeg,image/png,image/tiff,image/webp,message/rfc822,text/calendar,text/csv,text/markdown,"
        "text/plain,text/tab-separated-values,text/vcard,video/*",
        "Media types of attachments that are kept, by commas, with `*` for any; the bytes decide, not the name.",
    )
    attachment_scan: str = _setting(
        "",
        "What scans attachments: a command that reads one, or the URL of a hook; what does not answer has not agreed.",
    )
    attachment_scan_seconds: float = _setting(
        30.0, "Time that the scan of an attachment gets to answer; past it 503.", check=validate.Range(0.1)
    )
    max_url_bytes: int = _setting(
        16_384, "Longest path and query together in bytes; a longer one is 414.", check=validate.Range(1024, 65_000)
    )
    max_header_bytes: int = _setting(
        32_768, "Most bytes of all headers of a request together; more are 431.", check=validate.Range(1024, 1_048_576)
    )
    max_response_bytes: int = _setting(
        8 * 1024 * 1024,
        "Largest list in bytes; a longer one ends before, and `next` leads to the rest.",
        check=validate.Range(65_536),
    )
    max_connections: int = _setting(
        1000,
        "Connections of one process; beyond them one that waits for nothing makes room, or else the next is 503.",
        check=validate.Range(1),
    )
    request_seconds: int = _setting(
        60, "Time to send a request, past it 408, and time to read an answer.", check=validate.Range(1)
    )
    idle_seconds: int = _setting(
        75,
        "Time that a connection without a request stays open; longer than a proxy keeps it.",
        check=validate.Range(1),
    )
    max_concurrency: int = _setting(
        0, "Requests that one process answers at a time; a further one is 503. 0 means any.", check=validate.Range(0)
    )
    rate: float = _setting(
        0.0,
        "Requests per second of one client, in all server processes together; more are 429. 0 means any.",
        check=validate.Range(0, 1_000_000),
    )
    burst: int = _setting(
        0,
        "Requests that a client may make at once after a pause; 0 means those of ten seconds.",
        check=validate.Range(0, 1_000_000),
    )
    client_concurrency: int = _setting(
        0,
        "Requests of one client that a process answers at a time; a further one is 429. 0 means any.",
        check=validate.Range(0),
    )
    require_if_match: bool = _setting(False, "Whether PATCH and DELETE need `If-Match`; without it they are 428.")
    actor_header: str = _setting(
        "",
        "Request header that names who asks for a change, for the event log. A gateway must set or strip it.",
        check=validate.Regexp(r"[A-Za-z0-9_-]{0,64}\Z", error="Not the name of a header."),
    )
    idempotency_hours: int = _setting(
        24, "How long the answer to a POST is remembered by its `Idempotency-Key`.", check=validate.Range(1, 87_600)
    )
    query_timeout_ms: int = _setting(
        10_000, "Longest time of one database query in milliseconds; past it 503.", check=validate.Range(1)
    )
    payload_days: int = _setting(
        0,
        "How many days the event log keeps what documents contained; 0 means for ever.",
        check=validate.Range(0, 36_500),
    )
    open_topics: bool = _setting(
        False, "Whether clients may create and delete topics of their own, and report events to them (TMF688)."
    )
    shutdown_seconds: int = _setting(
        30, "Time that requests in flight get to finish at shutdown.", check=validate.Range(0)
    )
    delivery_timeout_seconds: float = _setting(
        10.0,
        "Time that a listener gets to answer one event, and a hook (`x-hook`) a create.",
        check=validate.Range(0.1),
    )
    delivery_retry_hours: float = _setting(
        72.0,
        "How long the delivery of an event is tried again before its listener is suspended.",
        check=validate.Range(0),
    )
    callback_networks: str = _setting(
        "", "Networks that may be called beside public addresses, as `10.0.0.0/8,fd00::/8`; `any` for all."
    )
    secrets_key: str = _setting(
        "",
        "Fernet keys, by commas, for listeners' secrets and the keys of parties; the first seals. The embedded MongoDB "
        "has one of its own.",
        shown=False,
    )
    sealing: bool = _setting(
        True,
        "Whether the event log seals what documents contained, with a key per party; needs `LIAISON_SECRETS_KEY`.",
    )
    log_level: str = _setting(
        "info",
        "Least severe log line written: debug, info, warning, error.",
        check=validate.OneOf(["debug", "info", "warning", "error"]),
    )

    @property
    def on(self) -> frozenset[str]:
        """The variables of those that are switched on, among the settings that are true or false."""
        return frozenset(variable(f) for f in fields(self) if getattr(self, f.name) is True)

    @property
    def root_url(self) -> str:
        """Root of every URL that we render, without a closing slash."""
        return (self.public_url or f"http://{self._reachable_host}:{self.port}").rstrip("/")

    @property
    def _reachable_host(self) -> str:
        host = {EVERY_ADDRESS: "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"[{host}]" if ":" in host else host

    @classmethod
    def read(cls, environment: Environment = os.environ, **overrides: Any) -> "Settings":
        """Settings from environment variables; `overrides` (from the command line) win unless they are None.

        Raises `StartError` naming the variable, its value and what was expected.
        """
        values = {f.name: environment[variable(f)] for f in fields(cls) if environment.get(variable(f), "") != ""}
        values.update({name: value for name, value in overrides.items() if value is not None})
        try:
            return cls(**_schema().load(values))
        except ValidationError as error:
            raise StartError(_error_message(error, values)) from None

    def environment(self) -> dict[str, str]:
        """The variables that give another process these same settings."""
        return {variable(f): _text(getattr(self, f.name)) for f in fields(self)}


def variable(of: "Field[Any]") -> str:
    """The environment variable of a field of `Settings`."""
    return of.metadata["name"] or f"LIAISON_{of.name.upper()}"


def listing() -> list[tuple[str, str, str]]:
    """(variable, default, help) of every setting, in their order: what `liaison settings` and the README show."""
    return [
        (variable(f), "" if f.default is MISSING else _text(f.default), f.metadata["help"]) for f in fields(Settings)
    ]


def _schema() -> Schema:
    kinds = {str: shapes.String, int: shapes.Integer, float: shapes.Float, bool: shapes.Boolean}
    declared = {
        f.name: kinds[f.type](validate=f.metadata["check"])  # type: ignore[index]
        for f in fields(Settings)
    }
    return Schema.from_dict(declared)()


def _error_message(error: ValidationError, values: Mapping[str, Any]) -> str:
    names = {f.name: variable(f) for f in fields(Settings)}
    wrong = [
        f"{names.get(name, name)}={values.get(name)!r}: {' '.join(map(str, messages))}"
        for name, messages in dict(error.messages_dict).items()
    ]
    return "; ".join(wrong)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
