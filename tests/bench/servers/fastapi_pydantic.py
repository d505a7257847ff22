# SPDX-License-Identifier: Apache-2.0
"""FastAPI with pydantic models over AsyncMongoClient, as their tutorials show it."""

from typing import Any

from bson import ObjectId
from fastapi import FastAPI, HTTPException, Response
from pymongo import AsyncMongoClient, ReturnDocument

from tests.bench.servers import place
from tests.bench.servers.models import Customer, CustomerCreate, CustomerUpdate

app = FastAPI()
customers = AsyncMongoClient[dict[str, Any]](place.uri(), tz_aware=True)[place.database()][place.COLLECTION]


@app.post("/customer", status_code=201, response_model=Customer, response_model_exclude_none=True)
async def create(customer: CustomerCreate) -> dict[str, Any]:
    """Keep what the model holds."""
    document = {"_id": str(ObjectId()), **customer.model_dump(by_alias=True, exclude_none=True)}
    await customers.insert_one(document)
    return document


@app.get("/customer/{id}", response_model=Customer, response_model_exclude_none=True)
async def retrieve(id: str) -> dict[str, Any]:
    """One customer."""
    return _found(await customers.find_one({"_id": id}))


@app.patch("/customer/{id}", response_model=Customer, response_model_exclude_none=True)
async def patch(id: str, changes: CustomerUpdate) -> dict[str, Any]:
    """Set the attributes that the body names."""
    update = {"$set": changes.model_dump(by_alias=True, exclude_unset=True)}
    return _found(await customers.find_one_and_update({"_id": id}, update, return_document=ReturnDocument.AFTER))


@app.get("/customer", response_model=list[Customer], response_model_exclude_none=True)
async def listed(name: str, response: Response, limit: int = place.LIMIT) -> list[dict[str, Any]]:
    """Customers of a name, and how many have it."""
    response.headers["X-Total-Count"] = str(await customers.count_documents({"name": name}))
    return await customers.find({"name": name}).limit(limit).to_list()


def _found(document: dict[str, Any] | None) -> dict[str, Any]:
    if document is None:
        raise HTTPException(404)
    return document
