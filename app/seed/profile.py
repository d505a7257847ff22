# SPDX-License-Identifier: Apache-2.0
"""The profile of a generated customer: kind, region, state of the relation and its dates."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.seed.draw import Draw, Shares
from app.seed.regions import REGIONS, Region

INDIVIDUALS = 0.85
DIED, CEASED = "Died", "Business closed"


@dataclass(frozen=True)
class Stage:
    """A customer state: its reasons, how many days ago the relation began, and how many days it lasted if it ended."""

    name: str
    reasons: Shares[str]
    began: tuple[int, int]
    lasted: tuple[int, int] | None = None


ACTIVE = Stage(
    "Active",
    Shares({"Service in use": 80, "Contract renewed": 14, "Suspension lifted": 4, "Transferred from a relative": 2}),
    began=(30, 5000),
)
SUSPENDED = Stage(
    "Suspended",
    Shares({"Bill unpaid for 60 days": 70, "Suspended at own request": 18, "Suspected misuse": 12}),
    began=(120, 4000),
)
TERMINATED = Stage(
    "Terminated",
    Shares(
        {"Moved to another operator": 50, "Moved abroad": 16, "Bills unpaid": 16, "No longer needed": 10, "Died": 8}
    ),
    began=(500, 5000),
    lasted=(60, 4900),
)
APPROVED = Stage("Approved", Shares({"Account details checked": 1, "Deposit received": 1}), began=(1, 14))
CREATED = Stage("Created", Shares({"Registered": 1}), began=(0, 7))
CREDIT_CHECKED = Stage("CreditCheckDone", Shares({"Credit score received": 1}), began=(1, 10))
REJECTED = Stage(
    "Rejected",
    Shares({"Credit score too low": 6, "Identity not proven": 3, "No coverage at the address": 2}),
    began=(45, 400),
    lasted=(2, 21),
)
CLOSED = Stage("Closed", Shares({"Request withdrawn": 3, "No answer to the offer": 2}), began=(60, 500), lasted=(7, 45))
PROSPECT = Stage("Prospect", Shares({"Asked for an offer": 3, "Met at a fair": 1}), began=(1, 120))

STAGES = Shares(
    {
        ACTIVE: 78.0,
        TERMINATED: 7.0,
        SUSPENDED: 5.0,
        APPROVED: 3.0,
        CREATED: 2.0,
        REJECTED: 1.5,
        CLOSED: 1.5,
        CREDIT_CHECKED: 1.0,
        PROSPECT: 1.0,
    }
)
"""Every state of the customer lifecycle with its share in percent."""


@dataclass(frozen=True)
class Profile:
    """The facts that all bodies of one customer share. `until` is set when the relation has ended."""

    seed: int
    number: int
    now: datetime
    individual: bool
    region: Region
    language: str
    stage: Stage
    reason: str
    since: datetime
    until: datetime | None

    @property
    def reached_service(self) -> bool:
        """Whether the customer is, or once was, in service and so has bills."""
        return self.stage in (ACTIVE, SUSPENDED, TERMINATED)

    @property
    def died(self) -> bool:
        """Whether the person died or the organization ceased."""
        return self.reason in (DIED, CEASED)

    def draw(self, subject: str) -> Draw:
        """The random generator of one subject, such as `party`, independent of other subjects."""
        return Draw(f"{self.seed}/{self.number}/{subject}")


def profile(number: int, seed: int, now: datetime) -> Profile:
    """The profile of the customer with this running number; `now` is in UTC."""
    draw = Draw(f"{seed}/{number}")
    stage = draw.by(STAGES)
    since = now - timedelta(days=draw.between(*stage.began), seconds=draw.between(0, 40_000))
    individual, region, reason = draw.chance(INDIVIDUALS), draw.by(REGIONS), draw.by(stage.reasons)
    return Profile(
        seed=seed,
        number=number,
        now=now,
        individual=individual,
        region=region,
        language=draw.by(region.languages),
        stage=stage,
        reason=CEASED if reason == DIED and not individual else reason,
        since=since,
        until=_end_of_stage(draw, stage, since, now),
    )


def _end_of_stage(draw: Draw, stage: Stage, since: datetime, now: datetime) -> datetime | None:
    if stage.lasted is None:
        return None
    least, most = stage.lasted
    return since + timedelta(days=draw.between(least, min(most, (now - since).days - 1)))
