# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, for the tests of what people see."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("LIAISON_TEST_REQUIRE_CHROMIUM") == "1"
"""Whether a missing browser fails the tests that need one, instead of skipping them."""

NEEDED = pytest.mark.skipif(
    not CHROMIUM and not REQUIRED, reason="no Chromium found; on Debian: apt-get install chromium"
)
"""For the tests that need one."""

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


POLICY = "Content Security Policy"

_MISSING = "Chromium is required here and not installed; on Debian: apt-get install chromium"


@contextmanager
def browsing() -> Iterator[Browser]:
    """The browser, for a test that clicks; it ends with the block."""
    assert CHROMIUM, _MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def without_complaints(page: Page) -> Iterator[Page]:
    """The page, on whose console nothing may be told about its Content Security Policy until the block ends."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if POLICY in message.text else None)
    yield page
    assert not complaints, complaints


def rendered(url: str, profile: Path) -> str:
    """The page's document as the browser has it once its scripts have run."""
    return _chromium(profile, "--virtual-time-budget=10000", "--dump-dom", url)


def screenshot(url: str, picture: Path, profile: Path, size: str = "1200,800") -> Path:
    """A picture (PNG) of the page."""
    _chromium(profile, f"--window-size={size}", f"--screenshot={picture}", url)
    return picture


def _chromium(profile: Path, *arguments: str) -> str:
    assert CHROMIUM, _MISSING
    command = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
