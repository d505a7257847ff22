# SPDX-License-Identifier: Apache-2.0
"""TMF629 v4's Customer as pydantic models, as one writes them for FastAPI."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """What all have in common: names as JSON has them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Extensible(Model):
    """What every part of a TM Forum resource may say of its class."""

    base_type: str | None = Field(None, alias="@baseType")
    schema_location: str | None = Field(None, alias="@schemaLocation")
    type: str | None = Field(None, alias="@type")


class TimePeriod(Model):
    """When something holds."""

    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


class Reference(Extensible):
    """A reference to something that is kept elsewhere."""

    id: str
    href: str | None = None
    name: str | None = None
    referred_type: str | None = Field(None, alias="@referredType")


class RelatedParty(Reference):
    """A party in a role."""

    role: str | None = None


class AccountRef(Reference):
    """An account; it must have a name."""

    name: str
    description: str | None = None


class PaymentMethodRef(Reference):
    """A means of payment; it must have a name."""

    name: str


class Characteristic(Extensible):
    """An attribute that the model does not foresee."""

    id: str | None = None
    name: str
    value: Any
    value_type: str | None = None


class MediumCharacteristic(Extensible):
    """Where a contact medium leads to."""

    city: str | None = None
    contact_type: str | None = None
    country: str | None = None
    email_address: str | None = None
    fax_number: str | None = None
    phone_number: str | None = None
    post_code: str | None = None
    social_network_id: str | None = None
    state_or_province: str | None = None
    street1: str | None = None
    street2: str | None = None


class ContactMedium(Extensible):
    """A way to reach the customer."""

    medium_type: str | None = None
    preferred: bool | None = None
    characteristic: MediumCharacteristic | None = None
    valid_for: TimePeriod | None = None


class CreditProfile(Extensible):
    """What a credit agency says."""

    credit_profile_date: datetime | None = None
    credit_risk_rating: int | None = None
    credit_score: int | None = None
    valid_for: TimePeriod | None = None


class CustomerUpdate(Extensible):
    """What a patch may change."""

    name: str | None = None
    status: str | None = None
    status_reason: str | None = None
    valid_for: TimePeriod | None = None
    engaged_party: RelatedParty | None = None
    account: list[AccountRef] | None = None
    agreement: list[Reference] | None = None
    characteristic: list[Characteristic] | None = None
    contact_medium: list[ContactMedium] | None = None
    credit_profile: list[CreditProfile] | None = None
    payment_method: list[PaymentMethodRef] | None = None
    related_party: list[RelatedParty] | None = None


class CustomerCreate(CustomerUpdate):
    """The body of a create."""

    name: str
    engaged_party: RelatedParty


class Customer(CustomerCreate):
    """A customer as it is answered."""

    id: str = Field(validation_alias="_id")
