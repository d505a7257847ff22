# SPDX-License-Identifier: Apache-2.0
"""The page on classes of one's own keeps its word: its schema is registered and its requests are sent."""

import json
import re
from pathlib import Path

from tests.contract.conftest import Deploy

PAGE = (Path(__file__).parents[2] / "docs" / "extensions.md").read_text(encoding="utf-8")
SCHEMA = re.compile(r"```yaml\n(.+?)```", re.DOTALL)
REQUEST = re.compile(r"```http\n(\w+) (\S+)\n(?:\n(.+?))?```\n\n`(\d+)`(?:: `(.+?)`)?", re.DOTALL)


def test_its_requests_are_answered_as_it_says(deploy: Deploy, tmp_path: Path) -> None:
    (schema,), requests, id = SCHEMA.findall(PAGE), REQUEST.findall(PAGE), ""
    (tmp_path / "VipCustomer.yaml").write_text(schema, encoding="utf-8")
    client = deploy(schemas=str(tmp_path))
    assert [request[0] for request in requests] == ["POST", "GET", "PATCH", "PATCH", "POST"]
    for method, path, body, status, message in requests:
        answer = client.request(method, path.format(id=id), json=json.loads(body) if body else None)
        assert answer.status_code == int(status), answer.text
        told = answer.json()
        id = told["id"] if status == "201" else id
        if method == "GET":
            assert [each["id"] for each in told] == [id]
        else:
            assert told.get("message", "") == message
