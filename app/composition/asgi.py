# SPDX-License-Identifier: Apache-2.0
"""The application that the server processes import, once what is stored conforms to its documents.

It is imported before the processes are forked, so that one of them checks for all.
"""

import asyncio

from app import logs
from app.composition.data_admission import admit_stored_data
from app.composition.factory import Liaison, application
from app.settings import Settings
from app.storage.mongod.client import connect

settings = Settings.read()
logs.configure(settings.log_level)
liaison = Liaison(settings, connect(settings))
asyncio.run(admit_stored_data(settings, liaison.apis))
app = application(liaison)
