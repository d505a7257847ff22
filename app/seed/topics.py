# SPDX-License-Identifier: Apache-2.0
"""Topics and channels of generated interactions."""

from dataclasses import dataclass

from app.seed.draw import Shares


@dataclass(frozen=True, eq=False)
class Channel:
    """A kind of channel; `minutes` is the duration of its contacts, `sites` the number of its places."""

    id: str
    name: str
    kind: str
    minutes: tuple[int, int]
    sites: int = 1


SHOP = Channel("shop", "Shop", "RetailShop", minutes=(8, 45), sites=24)
CALL = Channel("call-centre", "Call centre", "CallCentre", minutes=(2, 28), sites=3)
CHAT = Channel("web-chat", "Web chat", "WebChat", minutes=(4, 35))
APP = Channel("mobile-app", "Mobile app", "MobileApp", minutes=(1, 6))
MAIL = Channel("e-mail", "E-mail", "Email", minutes=(0, 0))
VISIT = Channel("field-team", "Field team", "FieldVisit", minutes=(30, 180), sites=6)

ANY = Shares({CALL: 38.0, CHAT: 18.0, APP: 16.0, MAIL: 14.0, SHOP: 14.0})
SELLING = Shares({SHOP: 45.0, CALL: 25.0, CHAT: 15.0, APP: 15.0})
CALLING = Shares({CALL: 60.0, MAIL: 25.0, APP: 15.0})
VISITING = Shares({VISIT: 75.0, CALL: 25.0})


@dataclass(frozen=True, eq=False)
class Topic:
    """A topic of contacts. `outbound` is the share (0 to 1) that the operator begins."""

    reason: str
    details: tuple[str, ...]
    item: tuple[str, str]
    resolutions: tuple[str, ...]
    channels: Shares[Channel] = ANY
    outbound: float = 0.0


BILL = Topic(
    "Bill query",
    ("Bill higher than expected", "Charge not recognised", "Copy of a bill wanted", "Discount missing on the bill"),
    ("CustomerBill", "Monthly bill"),
    ("Bill explained", "Charge refunded", "Copy sent"),
)
FAULT = Topic(
    "Fault",
    ("No internet since this morning", "Calls drop indoors", "Router restarts by itself", "TV picture freezes"),
    ("TroubleTicket", "Trouble ticket"),
    ("Line reset", "Router replaced", "Visit arranged", "Outage in the area, repaired"),
)
ORDER = Topic(
    "New order",
    ("Fibre connection ordered", "Second SIM ordered", "New handset with a plan", "TV package added"),
    ("ProductOrder", "Product order"),
    ("Order placed", "Order placed, delivery date agreed"),
    SELLING,
    outbound=0.1,
)
MOVE = Topic(
    "Move",
    ("Service to be moved to a new address", "Moving date changed", "Is there coverage at the new address?"),
    ("ProductOrder", "Move order"),
    ("Move booked", "Coverage confirmed"),
)
COMPLAINT = Topic(
    "Complaint",
    ("Promised call was never made", "Technician did not come", "Repair took too long", "Wrong handset delivered"),
    ("TroubleTicket", "Complaint"),
    ("Apologised, credit given", "Handed to a supervisor, settled", "Replacement sent"),
)
CANCELLATION = Topic(
    "Cancellation",
    ("Contract to end at the next date", "Service no longer needed", "Better offer found elsewhere"),
    ("ProductOrder", "Termination order"),
    ("Cancellation confirmed", "Cancellation withdrawn after an offer"),
)
UPGRADE = Topic(
    "Upgrade",
    ("More data wanted", "Faster fibre wanted", "Newer handset wanted", "From prepaid to contract"),
    ("ProductOrder", "Change order"),
    ("Plan changed", "Change from next month on"),
    SELLING,
    outbound=0.35,
)
PAYMENT = Topic(
    "Payment reminder",
    ("Bill unpaid after its date", "Direct debit returned", "Payment in instalments asked for"),
    ("BillingAccount", "Billing account"),
    ("Payment promised", "Instalments agreed", "Paid by card"),
    CALLING,
    outbound=0.75,
)
LOST_SIM = Topic(
    "SIM lost or stolen",
    ("SIM to be blocked", "New SIM wanted for the old number"),
    ("Product", "Mobile line"),
    ("SIM blocked", "New SIM activated"),
)
ROAMING = Topic(
    "Roaming",
    ("What do calls cost abroad?", "Roaming does not work", "Travel data pass wanted"),
    ("Product", "Mobile line"),
    ("Prices sent", "Roaming switched on", "Travel pass booked"),
)
DATA_CHANGE = Topic(
    "Change of customer data",
    ("New postal address", "New bank details", "New e-mail address", "Name changed"),
    ("Customer", "Customer data"),
    ("Data changed", "Data changed, proof seen"),
)
RENEWAL = Topic(
    "Contract renewal",
    ("Contract ends soon, offer made", "Loyalty offer"),
    ("Agreement", "Contract"),
    ("Contract renewed", "Offer declined", "Will think about it"),
    CALLING,
    outbound=0.9,
)
APPOINTMENT = Topic(
    "Technical visit",
    ("Fibre installed at home", "Line measured on site", "Indoor wiring repaired"),
    ("WorkOrder", "Work order"),
    ("Work done and tested", "Customer not at home, new date agreed"),
    VISITING,
    outbound=0.8,
)
SURVEY = Topic(
    "Satisfaction survey",
    ("Asked about the last repair", "Asked about the service in general"),
    ("Survey", "Survey"),
    ("Answered: satisfied", "Answered: not satisfied", "Did not want to answer"),
    CALLING,
    outbound=1.0,
)
ENQUIRY = Topic(
    "Product enquiry",
    ("Is fibre to be had at the address?", "Prices of mobile plans", "Can the number be kept?", "Offer asked for"),
    ("ProductOffering", "Offer"),
    ("Offer sent", "Question answered", "Order follows"),
    SELLING,
)

IN_SERVICE = Shares(
    {
        BILL: 18.0,
        FAULT: 17.0,
        ORDER: 9.0,
        UPGRADE: 9.0,
        DATA_CHANGE: 8.0,
        COMPLAINT: 6.0,
        RENEWAL: 6.0,
        ROAMING: 5.0,
        PAYMENT: 5.0,
        LOST_SIM: 4.0,
        MOVE: 4.0,
        APPOINTMENT: 4.0,
        SURVEY: 3.0,
        CANCELLATION: 2.0,
    }
)
JOINING = Shares({ENQUIRY: 55.0, ORDER: 35.0, DATA_CHANGE: 10.0})
LAST = {"Terminated": CANCELLATION, "Suspended": PAYMENT}
"""The topic of the last contact, by the state of the customer that it explains."""
