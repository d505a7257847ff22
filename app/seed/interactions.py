# SPDX-License-Identifier: Apache-2.0
"""Party interactions (TMF683): the contacts between a customer and the operator over the last two years."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.seed.contacts import Body
from app.seed.draw import Draw, Shares, period
from app.seed.organizations import Reference
from app.seed.profile import Profile
from app.seed.topics import IN_SERVICE, JOINING, LAST, Channel, Topic

NUMBERS = Shares(dict(enumerate([14.0, 19.0, 18.0, 14.0, 11.0, 8.0, 5.5, 4.0, 2.5, 1.8, 1.1, 0.7, 0.4])))
"""How many interactions a customer has, 0 to 12: about 3 on average."""
YEARS_BACK = timedelta(days=729)
LATEST = timedelta(hours=6)
"""Time before now at which the latest contact begins, so that it has ended."""
AFTERWARDS = timedelta(days=20)
"""How long after the end of the relation there are still contacts."""
RECENT_FIRST = 1.6
"""How much the recent past outweighs the distant one (`Draw.between`)."""
FOLLOWS = 0.18
"""Share of interactions that continue an earlier one."""
REMARKED = 0.4
"""Share of interactions with a note."""

FRESH = Shares({"completed": 45.0, "inProgress": 28.0, "opened": 25.0, "cancelled": 2.0})
YOUNG = Shares({"completed": 80.0, "inProgress": 14.0, "opened": 3.0, "cancelled": 3.0})
OLD = Shares({"completed": 97.0, "cancelled": 3.0})

REMARKS = (
    "Customer was friendly and patient.",
    "Customer asks to be called after 18:00.",
    "Identity checked by two questions.",
    "Explained twice; sent the summary by e-mail.",
    "Customer mentions an earlier contact about the same matter.",
    "Nobody else in the household may change the contract.",
)


@dataclass(frozen=True)
class Interaction:
    """A create body; `follows` is the place of an earlier one in the same customer's list, if it continues that."""

    body: Body
    follows: int | None = None

    def with_relationship(self, earlier: Reference) -> Body:
        """The body with its relationship to the earlier interaction, once that has an id and href."""
        link = {"id": earlier["id"], "href": earlier["href"], "relationshipType": "followUp"}
        return {**self.body, "interactionRelationship": [link]}


def interactions(about: Profile, party: Reference, customer: Reference) -> list[Interaction]:
    """All interactions of a customer, oldest first, about the created party and customer."""
    draw = about.draw("interactions")
    role = "user" if about.individual else "organization"
    involved = [{**party, "role": role}, {**customer, "role": "customer"}]
    topics: list[Topic] = []
    result: list[Interaction] = []
    for place, start in enumerate(starts := sorted(_starts(draw, about))):
        follows = draw.between(0, place - 1) if place and draw.chance(FOLLOWS) else None
        topics.append(_topic(draw, about, is_last=place == len(starts) - 1) if follows is None else topics[follows])
        result.append(Interaction(_body(draw, about, topics[place], start, involved), follows))
    return result


def _starts(draw: Draw, about: Profile) -> Iterator[datetime]:
    latest = about.now - LATEST
    if about.until is not None:
        latest = min(latest, about.until + AFTERWARDS)
    earliest = max(about.now - YEARS_BACK, min(about.since, latest))
    seconds = int((latest - earliest).total_seconds())
    for _ in range(draw.by(NUMBERS) if seconds >= 0 else 0):
        yield latest - timedelta(seconds=draw.between(0, seconds, lean=RECENT_FIRST))


def _topic(draw: Draw, about: Profile, is_last: bool) -> Topic:
    if is_last and about.stage.name in LAST:
        return LAST[about.stage.name]
    return draw.by(IN_SERVICE if about.reached_service else JOINING)


def _body(draw: Draw, about: Profile, topic: Topic, start: datetime, involved: list[Reference]) -> Body:
    channel, status = draw.by(topic.channels), _status(draw, about.now - start)
    when = period(start, start + timedelta(minutes=draw.between(*channel.minutes)))
    item = _item(draw, about, topic, when, is_done=status == "completed")
    body: Body = {
        "@type": "PartyInteraction",
        "reason": topic.reason,
        "description": item["reason"],
        "direction": "outbounds" if draw.chance(topic.outbound) else "inbounds",
        "status": status,
        "interactionDate": when,
        "creationDate": when["startDateTime"],
        "statusChangeDate": when["endDateTime"],
        "channel": [_channel(draw, channel)],
        "relatedParty": [dict(one) for one in involved],
        "interactionItem": [item],
    }
    if draw.chance(REMARKED):
        body["note"] = [_note(draw, when["endDateTime"])]
    return body


def _status(draw: Draw, age: timedelta) -> str:
    return draw.by(FRESH if age.days < 3 else YOUNG if age.days < 21 else OLD)


def _channel(draw: Draw, channel: Channel) -> Body:
    site = draw.between(1, channel.sites)
    many = channel.sites > 1
    return {
        "id": f"{channel.id}-{site:02d}" if many else channel.id,
        "name": f"{channel.name} {site}" if many else channel.name,
        "role": "creation",
        "@referredType": channel.kind,
    }


def _item(draw: Draw, about: Profile, topic: Topic, when: Body, *, is_done: bool) -> Body:
    kind, name = topic.item
    item: Body = {
        "id": "1",
        "reason": draw.one(topic.details),
        "creationDate": when["startDateTime"],
        "itemDate": dict(when),
        "item": {
            "id": f"{about.number}-{draw.digits('####')}",
            "role": "subject",
            "name": name,
            "@type": "EntityRef",
            "@referredType": kind,
        },
    }
    return {**item, "resolution": draw.one(topic.resolutions)} if is_done else item


def _note(draw: Draw, written: str) -> Body:
    return {"id": "1", "author": f"Agent {draw.between(1, 60)}", "date": written, "text": draw.one(REMARKS)}
