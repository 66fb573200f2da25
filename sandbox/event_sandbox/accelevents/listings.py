"""An event and its lists beside the programme: people, orders, tickets, companies.

The numbers in the texts are sections of what is known of this API: 8 tickets and orders,
9 speakers and companies, 10 events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_sandbox.accelevents.forms import (
    Shape,
    finished,
    json_inside,
    local_time,
    make_id,
    name_and_email,
    other_date,
)
from event_sandbox.accelevents.shapes import profile
from event_sandbox.world.hub import days_open
from event_sandbox.world.model import DAY

if TYPE_CHECKING:
    from event_sandbox.accelevents.view import View
    from event_sandbox.world.hub import HubCompany, HubEvent, HubSpeaker, HubStaff, HubTicketType
    from event_sandbox.world.hub_people import HubOrder, HubTicket

_SITE = "https://www.accelevents.com"
ACCESS_TOKEN = "sandbox-accelevents-event-token"  # noqa: S105 - the sandbox's own, and public


def event_details(view: View, event: HubEvent) -> Shape:
    """10: an event; the page's list of attributes is cut off."""
    display = view.positions["event_names"] == "display"
    shape: Shape = {
        "eventId": make_id(view, event.key),
        "name" if display else "eventName": event.name,
        "eventURL" if display else "eventUrl": event.slug,
        "eventPhoneNumber": None,
        "eventCountryCode": "US",
        "noModuleActivate": False,
        "auctionEnabled": False,
        "fundANeedEnabled": event.number % 2 == 0,
        "raffleEnabled": False,
        "donationEnabled": None,
        "ticketingEnabled": True,
        "textToGiveEnabled": False,
        "currencySymbol": "$",
        "enableBidderRegistration": False,
        "eventDesignDetailDto": _design(view, event),
        "eventFormat": ("HYBRID", "VIRTUAL", "IN-PERSON")[event.number % 3],
        "eventListingStatus": "PUBLIC",
        **_zone_names(view, event),
    }
    if view.positions["event_dates"] == "present":
        shape["eventStartDate"] = local_time(event, event.starts)
        shape["eventEndDate"] = local_time(event, event.ends)
    if view.positions["event_secrets"] == "top":
        shape["accessToken"] = ACCESS_TOKEN
    odd: Shape = {"ticketingEnabled": "yes", "currencySymbol": 36, "eventStartDate": "soon"}
    return finished(view, event.number, shape, odd)


def _design(view: View, event: HubEvent) -> Shape:
    """Give what an event's page looks like."""
    shape: Shape = {
        "eventTagLine": f"{event.name}: “come as you are”",
        "logoImage": f"logo-{event.key}.png",
        "theme": {"primary": "#3366ff", "fonts": ["Inter", None]},
    }
    if view.positions["event_secrets"] == "nested":
        shape["theme"]["accessToken"] = ACCESS_TOKEN
        shape["hub"] = [{"accessToken": ACCESS_TOKEN, "open": True}]
    return shape


def _zone_names(view: View, event: HubEvent) -> Shape:
    """Give the event's zone, under one of its names or both."""
    form = view.positions["event_zone"]
    if form == "absent" or not event.tells_zone:
        return {}
    shape: Shape = {}
    if form != "equivalent_timezone":
        odd = form == "odd_id"
        shape["timezoneId"] = "Eastern Time (US & Canada)" if odd else event.zone.key
    if form != "timezone_id":
        shape["equivalentTimezone"] = event.zone.key
    return shape


def speaker(view: View, event: HubEvent, speaker: HubSpeaker) -> Shape:
    """9.1: a speaker."""
    shape = profile(view, speaker) | {
        "firstName": speaker.first_name,
        "lastName": speaker.last_name,
        "email": speaker.email,
        "twitter": f"https://twitter.com/{speaker.user}",
        "instagram": "",
        "position": 1000 * (speaker.number + 1),
        "sessionDTO": _session_dto(view, event, speaker),
    }
    if view.positions["unknown_fields"] == "present":
        shape["allowEditSessions"] = speaker.number % 2 == 1
    odd: Shape = {"position": "first", "deviceChecked": "no", "company": 1848}
    return finished(view, speaker.number, shape, odd)


def _session_dto(view: View, event: HubEvent, speaker: HubSpeaker) -> Shape | None:
    """9.1: null in the example; what it holds is a session, secrets and all."""
    if view.positions["speaker_session"] == "null":
        return None
    for session in view.sessions(event):
        if speaker in session.speakers:
            return {
                "sessionId": make_id(view, session.key),
                "streamKey": f"sk-{session.key}-9c1e",
                "title": session.title,
                "access": {"meetingPassword": f"pw-{session.key}", "rtmpUrl": None, "open": True},
            }
    return None


def attendee(view: View, event: HubEvent, ticket: HubTicket, order: HubOrder) -> Shape:
    """8.1: a ticket and its holder; ids are numbers here and texts there."""
    shape: Shape = {
        "attendeeId": make_id(view, ticket.key) if ticket.number % 2 else f"AT-{ticket.key}",
        "barcode": ticket.barcode,
        **name_and_email(ticket.person),
        "status": _order_status(view, order),
        "ticketStatus": view.ticket_status(event, ticket, order),
        "ticketType": ticket.type.name,
    }
    return finished(view, ticket.number, shape, {"ticketType": 3, "status": 1})


def counters(view: View, event: HubEvent) -> Shape:
    """8.1: what is beside the attendees."""
    sold = [
        (ticket, view.ticket_status(event, ticket, order)) for ticket, order in view.tickets(event)
    ]
    valid = [(ticket, status) for ticket, status in sold if status != "REFUNDED"]
    return {
        # tickets that were sold, refunded ones included
        "ticketTypeCountDtos": [
            {
                "ticketTypeId": make_id(view, kind.key),
                "ticketTypeName": kind.name,
                "totalTickets": sum(ticket.type is kind for ticket, _ in sold),
            }
            for kind in event.ticket_types
        ],
        "totalBookedTickets": len(valid),
        "totalCheckedInTickets": sum(status == "CHECKED_IN" for _, status in valid),
        "totalFreeTickets": sum(ticket.type.cents == 0 for ticket, _ in valid),
        "totalPaidTickets": sum(ticket.type.cents > 0 for ticket, _ in valid),
    }


def _order_status(view: View, order: HubOrder) -> str:
    """Give where an order stands."""
    if order.is_refunded(view.now):
        return "refunded"
    return "unpaid" if order.type == "UNPAID" else "paid"


def order(view: View, event: HubEvent, order: HubOrder) -> Shape:
    """8.2: an order."""
    card = order.type == "CARD"
    cents = sum(ticket.type.cents for ticket in order.tickets)  # without taxes and fees
    form = view.positions["order_ids"]
    ids: Shape = {}
    if form != "id_only":
        ids["orderId"] = make_id(view, order.key)
    if form != "order_id_only":
        ids["id"] = make_id(view, order.key + 700_000)
    shape: Shape = ids | {
        "status": _order_status(view, order),
        "totalAmount": cents / 100,
        "salesTaxFee": 0.0,
        "ticketingFee": round(cents * 0.01) / 100,
        "ccFee": round(cents * 0.03) / 100 if card else 0,
        "purchaser": name_and_email(order.buyer),
        "purchaseDate": other_date(view, event, order.made),
        "orderType": order.type,
        "cardType": "VISA" if card else None,
        "lastFour": "4242" if card else None,
        "note": order.note,
        "deliveryMode": "EMAIL",
        "attendee": _order_attendees(order),
        "currency": "USD",
        **_zone_names(view, event),
        "recurringEventDate": None,
        "isSpeakerOrder": False,
    }
    return finished(view, order.number, shape, {"totalAmount": "much", "isSpeakerOrder": "no"})


def _order_attendees(order: HubOrder) -> list[Shape]:
    """8.2: for whom; card hints are here as well."""
    return [
        {
            **name_and_email(ticket.person),
            "qty": 1,
            "ticketType": ticket.type.name,
            "bundleType": None,
            "lastFour": "4242" if order.type == "CARD" else None,
        }
        for ticket in order.tickets
    ]


def ticket_type(view: View, event: HubEvent, kind: HubTicketType) -> Shape:
    """8.5: a kind of ticket; the public list has more attributes, one of them misspelled."""
    many = view.positions["ticket_type_fields"] == "many"
    sold = [ticket for ticket, _ in view.tickets(event) if ticket.type is kind]
    shape: Shape = {
        "typeId" if many else "id": make_id(view, kind.key),
        "name": kind.name,
        "price": kind.cents / 100,
        "remainingTickets": kind.seats - len(sold),
    }
    if many:
        shape |= {
            "categoryId": make_id(view, 9 + kind.number),
            "numberOfTicket": kind.seats,
            "ticketTypeDescription": f"“{kind.name}”",
            "enableTicketDescription": True,
            "passfeetobuyer": kind.cents > 0,
            "startDate": local_time(event, event.starts - 60 * DAY),
            "endDate": local_time(event, event.ends),
            "hidden": kind.hidden,
            "maxTickerPerBuyer": 10,
            "salesTaxRate": 8.25,
            "absorbTax": False,
        }
    return finished(view, kind.number, shape, {"remainingTickets": "few", "price": "free"})


def sponsor(view: View, event: HubEvent, company: HubCompany) -> Shape:
    """9.2: a sponsor."""
    shape: Shape = {
        "id": make_id(view, company.key),
        "sponsorName": company.name,
        "sponsorLogo": f"logo-{company.key}.png",
        "sponsorSize": company.size,
        "sponsorUrl": f"https://example.com/{company.key}",
        "eventId": make_id(view, event.key),
        "position": 1000.0 * (company.number + 1),
        "includeInLobbyCarousel": company.number == 0,
        "carouselLogoSliderDelaySeconds": 5,
        "shortDescription": None if company.number else f"{company.name}, since 1999",
        "sponsorCardImage": None,
        "colorConfig": json_inside(view, _colours(company)),
        "cardTag": "",
        "exhibitorId": make_id(view, event.exhibitors[0].key) if company.number == 1 else None,
    }
    odd: Shape = {"includeInLobbyCarousel": "no", "carouselLogoSliderDelaySeconds": "slow"}
    return finished(view, company.number, shape, odd)


def _colours(company: HubCompany) -> Shape:
    """Give what is JSON inside a text: the colours of a stand."""
    return {"text": "#000000", "background": "#ffffff", "name": f"Thème {company.number}"}


def sponsor_clicks(view: View, event: HubEvent, company: HubCompany) -> Shape:
    """9.2: how often a sponsor was clicked on, and where."""
    days = days_open(event, view.now)
    site, hub = company.clicks_a_day * days, days * (company.number + 1)
    shape: Shape = {
        "id": make_id(view, company.key),
        "sponsorName": company.name,
        "countBySource": {"eventSite": site, "total": site + hub, "virtualEventHub": hub},
    }
    return finished(view, company.number, shape, {"sponsorName": 12})


def exhibitor(view: View, event: HubEvent, company: HubCompany) -> Shape:
    """9.3: an exhibitor."""
    places = [{"categoryId": 5, "position": 1000.5 * (company.number + 1)}]
    shape: Shape = {
        "id": make_id(view, company.key),
        "eventId": make_id(view, event.key),
        "exhibitorName": company.name,
        "boothSize": company.size,
        "categoryId": make_id(view, 5),
        "categoryName": "Software & Services",
        "showStatusIndicator": True,
        "preferredExhibitor": company.number == 0,
        "chatEnabled": company.number % 2 == 0,
        "position": 1000.0 * (company.number + 1),
        "colorConfig": json_inside(view, _colours(company)),
        "linkToSite": "https://example.com/a,https://example.com/b",
        "showBoothName": None if company.number else True,
        "featured": False,
        "categoryPositionJson": json_inside(view, places),
    }
    return finished(view, company.number, shape, {"featured": "sometimes", "position": "last"})


def staff(view: View, event: HubEvent, company: HubCompany, member: HubStaff) -> Shape:
    """9.3: somebody at a stand; `leads` is how many people they met."""
    shape: Shape = {
        "id": make_id(view, member.key),
        "exhibitorId": make_id(view, company.key),
        **name_and_email(member.person),
        "role": "exhibitoradmin" if member.is_admin else "leadretriever",
        "allowToBookMeeting": True,
        "allowDirectMessages": member.is_admin,
        "user": {"userId": make_id(view, int(member.person.user)), "photo": None},
        "leads": member.leads_a_day * days_open(event, view.now),
        "exhibitorAdmin": member.is_admin,
    }
    return finished(
        view, member.number, shape, {"leads": "many", "allowToBookMeeting": "sometimes"}
    )
