# SPDX-License-Identifier: Apache-2.0
"""The command `liaison serve`: starts and supervises all processes of a deployment."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from zlib import decompress

import click
import orjson
import structlog

from app import logs
from app.cli.common import Command, data_option
from app.composition import supervisor
from app.composition.access import is_guarded, refuse_open_server
from app.composition.checked_documents import HandedDocuments
from app.composition.notice_templates import notice_templates
from app.events.delivery.callback_addresses import allowed_networks
from app.interactions.notices.transport import transports
from app.settings import Settings
from app.storage.hubs.vault import vault
from app.system.garbage_collection import collect_seldom

log = structlog.get_logger()


@click.command(cls=Command)
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@data_option
@click.option("--api", "apis", multiple=True, metavar="FILE", help="Document to serve, too, or a directory of such.")
@click.option("--accept", "accept_data", is_flag=True, default=None, help="Start on data that do not conform, too.")
@click.option("--workers", type=int, help="Server processes; 0 means one per core.")
@click.option("--insecure", is_flag=True, default=None, help="Let others call a server that asks for no token.")
@click.option("--relay/--no-relay", default=None, help="Whether to run the relay that delivers events, too.")
def serve(apis: tuple[str, ...], **chosen: Any) -> None:
    """Run the server, the relay and, unless MONGODB_URI names another, the embedded MongoDB."""
    settings = Settings.read(apis=",".join(apis) or None, **chosen)
    logs.configure(settings.log_level)
    refuse_open_server(settings)
    allowed_networks(settings.callback_networks)
    vault(settings.secrets_key)
    handed = HandedDocuments()
    exit_code = supervisor.serve(
        settings,
        on_serving=partial(_announce, guarded=is_guarded(settings)),
        check=partial(_refuse_wrong, settings, handed),
        inherited=[handed.descriptor],
    )
    raise SystemExit(exit_code)


def _announce(url: str, guarded: bool) -> None:
    click.echo(f"Liaison serves on {url}")
    if not guarded:
        click.echo("It asks nobody for an access token: whoever reaches it may read and change everything.")


def _refuse_wrong(settings: Settings, handed: HandedDocuments) -> None:
    """Raise `StartError` for wrong files of the deployment; hand its documents on to the processes of the server."""
    collect_seldom()
    if settings.identity_rules:
        from app.identity.matching import load_rules

        load_rules(settings.identity_rules)
    if settings.notice_templates:
        notice_templates(settings)
    if settings.smtp_host or settings.notice_hooks:
        transports(settings)
    # The server checks the same again; a deployment without files of its own should not wait for both.
    if settings.lifecycles or settings.base_paths or settings.schemas or settings.interaction_policies:
        from app.composition.api_resources import api_versions

        contracts = [version.contract for version in api_versions(settings)]
        for contract in contracts:
            _name_unsupported(f"{contract.api.name}-{contract.version}", contract.base_path, contract.document)
        handed.note(settings.apis, [contract.api for contract in contracts])
    elif settings.apis:
        from app.composition.served_apis import served_apis

        apis = served_apis(settings)
        for each in (version for api in apis for version in api.versions.values() if version.bundled):
            document = orjson.loads(decompress(each.bundled))
            _name_unsupported(each.document, settings.path_prefix.rstrip("/") + document["servers"][0]["url"], document)
        handed.note(settings.apis, apis)


def _name_unsupported(name: str, base_path: str, document: Mapping[str, Any]) -> None:
    from app.spec.unsupported_operations import unsupported_operations

    for method, path in unsupported_operations(document):
        log.warning("declared and not offered: answers 501", operation=f"{method} {base_path}{path}", document=name)
