# SPDX-License-Identifier: Apache-2.0
"""Bare Flask over pymongo: no validation, no events, no views; what a first afternoon gives."""

from typing import Any

from bson import ObjectId
from flask import Flask, Response, abort, jsonify, request
from pymongo import MongoClient, ReturnDocument

from tests.bench.servers import place

app = Flask(__name__)
customers = MongoClient[dict[str, Any]](place.uri())[place.database()][place.COLLECTION]


@app.post("/customer")
def create() -> tuple[Response, int]:
    """Keep the body as it came."""
    customer = {"_id": str(ObjectId()), **request.get_json()}
    customers.insert_one(customer)
    return jsonify(shown(customer)), 201


@app.get("/customer/<id>")
def retrieve(id: str) -> Response:
    """One customer."""
    return jsonify(shown(customers.find_one({"_id": id}) or abort(404)))


@app.patch("/customer/<id>")
def patch(id: str) -> Response:
    """Set the attributes that the body names."""
    changed = customers.find_one_and_update(
        {"_id": id}, {"$set": request.get_json()}, return_document=ReturnDocument.AFTER
    )
    return jsonify(shown(changed or abort(404)))


@app.get("/customer")
def listed() -> Response:
    """Customers of a name, and how many have it."""
    wanted = {"name": request.args["name"]}
    rows = customers.find(wanted, limit=request.args.get("limit", place.LIMIT, type=int))
    answer = jsonify([shown(row) for row in rows])
    answer.headers["X-Total-Count"] = str(customers.count_documents(wanted))
    return answer


def shown(customer: dict[str, Any]) -> dict[str, Any]:
    """A stored customer as clients see it."""
    return {"id": customer.pop("_id"), **customer}
