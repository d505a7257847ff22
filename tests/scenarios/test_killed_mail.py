# SPDX-License-Identifier: Apache-2.0
"""`liaison mail receive` is killed while it receives, again and again: nothing is lost, and nothing made twice."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from pymongo import MongoClient

from app.interactions.mail.maildir import Maildir
from app.interactions.mail.reception import interaction_id
from app.settings import Settings
from app.storage.contents.content_store import COLLECTION, FILES
from tests.scenarios.command import run

MANY = 120
KILLS = 4
CHANCE = Random(23)
PART = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n'
FILE = 'Content-Disposition: attachment; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nNumber %d\r\n--b--\r\n'


def message(number: int) -> bytes:
    head = f"From: ann{number}@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: {number}\r\n"
    return (head + PART + FILE % number).encode()


def killed_after(settings: Settings, path: Path, ends: int) -> None:
    """Run the command, and kill it when it has told of so many ends."""
    command = [sys.executable, "-u", "-m", "app.cli", "mail", "receive", "--maildir", str(path)]
    environment = {**os.environ, **settings.environment()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        for _ in range(ends):
            assert running.stdout.readline()
        running.kill()


def test_messages_are_received_once_whatever_is_killed(
    settings: Settings, clean_database: str, mongo: MongoClient[dict[str, Any]], tmp_path: Path
) -> None:
    maildir = Maildir(tmp_path)
    for number in range(MANY):
        maildir.deliver(message(number))
    for _ in range(KILLS):
        killed_after(settings, tmp_path, CHANCE.randint(1, 20))
    code, told, _ = run(settings, "mail", "receive", "--maildir", tmp_path, "--once")
    assert code == 0, told
    assert list(maildir.waiting()) == []
    database = mongo[clean_database]
    rows = database["partyInteraction"].find({}, {"document.reason": 1})
    assert Counter(row["_id"] for row in rows) == Counter(interaction_id(f"{n}@example.org") for n in range(MANY))
    # What a kill has left beside the documents is the sweep's, and no more than one for each kill.
    assert MANY <= database[FILES].count_documents({}) <= database[COLLECTION].count_documents({}) <= MANY + KILLS
