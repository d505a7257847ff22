# SPDX-License-Identifier: Apache-2.0
"""The templates of notices of a deployment."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import StartError
from app.settings import Settings

if TYPE_CHECKING:
    from app.interactions.notices.templates import NoticeTemplates


def notice_templates(settings: Settings) -> "NoticeTemplates":
    """The templates of the package, with those of the deployment in their place or beside them.

    Raises `StartError` with all that is wrong about them, a line each.
    """
    if find_spec("babel") is None:
        raise StartError("Notices need babel, which is not installed: `pip install 'liaison[notices]'`")
    # Imported late: Babel takes long to load, and most servers send no notices.
    from app.interactions.notices.templates import read_templates

    directory = Path(settings.notice_templates).expanduser() if settings.notice_templates else None
    return read_templates(directory, settings.notice_language)
