"""What a perfect extraction holds.

Columns are read off the answers, by the kinds that they have. Instants come from the world, and so
does what tells the parents: what the clock at an event shows is not read back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from event_sandbox.accelevents import listings, shapes
from event_sandbox.columns import Columns, Stream, several, snake, text
from event_sandbox.world.model import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from event_sandbox.accelevents.expand import Expansion
    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.wire import Row
    from event_sandbox.world.hub_model import HubEvent, HubSession, HubVisit
    from event_sandbox.world.model import Millis

_SECRETS: Final = frozenset(
    {
        *("streamKey", "rtmpUrl", "meetingPassword", "accessToken", "access_token", "cardType"),
        "lastFour",
    }
)
_EXPANDED: Final[set[Expansion]] = {
    *("stats", "duration", "attendee_count", "watch_time", "tracks", "tags"),
}


class Sent(NamedTuple):
    """What is sent of one thing."""

    shape: Shape
    instants: Mapping[str, Millis | None] = MappingProxyType({})
    """Those of its times."""
    parents: Mapping[str, Any] = MappingProxyType({})
    """The columns of its parents, beside the event's."""


def _stream(
    sent: Callable[[View, HubEvent], Iterable[Sent]],
    columns: Columns,
    secrets: Columns | None = None,
) -> Stream[View]:
    """Make a stream of what is sent of all events; a time gives a column more, its instant."""

    def of_all(view: View) -> Iterator[tuple[Shape, Row]]:
        for event in view.readable():
            for one in sent(view, event):
                known = {"event_url": event.slug, **one.parents}
                for name, at in one.instants.items():
                    told = known[snake(name)] = text(one.shape.get(name))
                    known[f"{snake(name)}_utc"] = _instant(view, event, told, at)
                yield one.shape, known

    return Stream(of_all, columns, secrets or Columns(), hidden=_SECRETS)


def _instant(view: View, event: HubEvent, told: str | None, at: Millis | None) -> str | None:
    """Give the instant that a text tells; one with slashes tells it by the clock at the event."""
    if told is None or not told[:1].isdigit():
        return None
    return None if "/" in told and not _is_told(view, event) else _utc(at)


def _is_told(view: View, event: HubEvent) -> bool:
    """Tell whether the vendor says in which zone an event is."""
    return event.tells_zone and view.positions["event_zone"] != "absent"


def _utc(at: Millis | None) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


# What is sent, and when that was


def _event(view: View, event: HubEvent) -> Iterator[Sent]:
    instants = {"eventStartDate": event.starts, "eventEndDate": event.ends}
    yield Sent(listings.event_details(view, event), instants)


def _of_sessions(
    sent: Callable[[View, HubSession], Iterable[Sent]],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give what is sent of each session of an event, with the columns that tell the session."""

    def of_event(view: View, event: HubEvent) -> Iterator[Sent]:
        for session in view.sessions(event):
            ends = session.ends
            if ends is not None and not _is_told(view, event):  # then the text is read as UTC
                offset = datetime.fromtimestamp(ends // 1000, event.zone).utcoffset()
                ends += int(offset.total_seconds()) * 1000 if offset else 0
            parents = {"session_id": session.key, "session_end_time": _utc(ends)}
            for one in sent(view, session):
                yield one._replace(parents=parents)

    return of_event


def _one_of_a_session(
    shape: Callable[[View, HubSession, set[Expansion]], Shape],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give what is sent of each session as one object."""

    def of_session(view: View, session: HubSession) -> Iterator[Sent]:
        instants = {"startTime": session.starts, "endTime": session.ends}
        yield Sent(shape(view, session, _EXPANDED), instants)

    return _of_sessions(of_session)


def _holders(
    visits: Callable[[View, HubSession], list[HubVisit]],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give who registered or came."""
    return _of_sessions(
        lambda view, session: (
            Sent(shapes.holder(view, session, one), {"registrationDate": one.registered})
            for one in visits(view, session)
        )
    )


def _assets(view: View, session: HubSession) -> Iterator[Sent]:
    created = [asset.created for asset in session.assets if asset.created <= view.now]
    sent = several(shapes.assets(view, session)) or []
    return (Sent(one, {"createdAt": at}) for one, at in zip(sent, created, strict=True))


def _ticket_types(view: View, event: HubEvent) -> Iterator[Sent]:
    instants = {"startDate": event.starts - 60 * DAY, "endDate": event.ends}
    for kind in event.ticket_types:
        yield Sent(listings.ticket_type(view, event, kind), instants)


def _staff(view: View, event: HubEvent) -> Iterator[Sent]:
    for company in event.exhibitors:
        parents = {"exhibitor_id": company.key}
        for member in company.staff:
            yield Sent(listings.staff(view, event, company, member), parents=parents)


# The columns

_SESSION: Final = Columns(
    text="title location description status format streamUrl streamProvider subStreamProvider"
    " closedCaptionUrl subTitleFileUrl sessionVisibilityType documentKeyValue",
    whole="capacity duration closedCaptionHeight allowedMinutesToJoinLate",
    wholes="currentUserRegisteredEventTicketId purchaserUserRegisteredEventTicketId",
    flag="hideSessionFromAttendees accelEventsStudio directVideoAutoStart displayDonation"
    " recordSession hideVideoControls q_and_a_private:qandAPrivate|qAndAPrivate|qandaPrivate"
    " enable_ques_and_ans:quesAndAnsEnabled|enableQuesAndAns enable_poll:pollEnabled|enablePoll"
    " enable_chat:chatEnabled|enableChat"
    " enable_attendee_list:attendeeListEnabled|enableAttendeeList",
    same="sessionStats chimeConfig sponsorList",
)
_SESSION_SECRETS: Final = Columns(text="streamKey rtmpUrl meetingPassword")
_HOLDER: Final = Columns(
    whole="event_ticket_id:eventTicketId|eventTicketingId userId",
    text="firstName lastName email phoneNumber",
    flag="attended",
    number="engagement",
)
_SPEAKER: Final = Columns(
    whole="speakerId userId",
    text="first_name:firstName|firatName lastName email title company imageUrl pronouns bio"
    " linkedIn twitter instagram",
    number="position",
    flag="moderator loggedInAtVEH showModerator deviceChecked allowOverrideDetails"
    " allowAttendeeAccess",
    several="ticketTypesForSpeaker",
)

STREAMS: Final[dict[str, Stream[View]]] = {
    "events": _stream(
        _event,
        Columns(
            whole="eventId",
            text="event_name:eventName|name eventPhoneNumber eventCountryCode currencySymbol"
            " eventFormat eventListingStatus timezoneId equivalentTimezone",
            flag="noModuleActivate auctionEnabled fundANeedEnabled raffleEnabled donationEnabled"
            " ticketingEnabled textToGiveEnabled enableBidderRegistration",
            same="eventDesignDetailDto",
        ),
        secrets=Columns(text="accessToken"),
    ),
    "sessions": _stream(
        _one_of_a_session(shapes.listed_session),
        _SESSION
        + Columns(
            text="sessionTypeFormat",
            whole="locationId",
            wholes="ticketTypesThatCanBeRegistered",
            same="tags tracks",
        ),
        secrets=_SESSION_SECRETS,
    ),
    "session_analytics": _stream(
        _one_of_a_session(shapes.analytics),
        Columns(
            text="title",
            whole="registeredUserCount attendeeCount recordingViews liveViews",
            number="duration avgAttendedDuration watchTime",
        ),
    ),
    "session_analytics_details": _stream(
        _one_of_a_session(shapes.details),
        _SESSION + Columns(whole="attendeeCount"),
        secrets=_SESSION_SECRETS,
    ),
    "session_registrants": _stream(
        _holders(lambda view, session: view.registrants(session)), _HOLDER
    ),
    "session_speakers": _stream(
        _of_sessions(
            lambda view, session: (
                Sent(shapes.session_speaker(view, speaker)) for speaker in session.speakers
            )
        ),
        _SPEAKER + Columns(text="photoUrl"),
    ),
    "session_assets": _stream(
        _of_sessions(_assets),
        Columns(
            text="id assetId fileName playBackId",
            whole="createdBy duration",
            flag="defaultPlayback",
        ),
    ),
    "session_attendees": _stream(_holders(lambda view, session: view.attendees(session)), _HOLDER),
    "speakers": _stream(
        lambda view, event: (
            Sent(listings.speaker(view, event, speaker))
            for speaker in (() if view.has_error(event) else event.speakers)
        ),
        _SPEAKER + Columns(flag="allowEditSessions", same="sessionDTO"),
    ),
    "attendees": _stream(
        lambda view, event: (
            Sent(listings.attendee(view, event, *sold)) for sold in view.tickets(event)
        ),
        Columns(text="attendeeId barcode firstName lastName email status ticketStatus ticketType"),
    ),
    "attendee_summary": _stream(
        lambda view, event: [Sent(listings.counters(view, event))],
        Columns(
            whole="totalBookedTickets totalCheckedInTickets totalFreeTickets totalPaidTickets",
            same="ticketTypeCountDtos",
        ),
    ),
    "orders": _stream(
        lambda view, event: (
            Sent(listings.order(view, event, order), {"purchaseDate": order.made})
            for order in view.orders(event)
        ),
        Columns(
            whole="order_id:orderId|id id",
            text="status orderType note deliveryMode currency timezoneId equivalentTimezone"
            " recurringEventDate",
            number="totalAmount salesTaxFee ticketingFee ccFee",
            flag="isSpeakerOrder",
            same="purchaser attendee",
        ),
        secrets=Columns(text="cardType lastFour"),
    ),
    "ticket_types": _stream(
        _ticket_types,
        Columns(
            whole="id:id|typeId remainingTickets categoryId numberOfTicket maxTickerPerBuyer",
            text="name ticketTypeDescription",
            number="price salesTaxRate",
            flag="enableTicketDescription passfeetobuyer hidden absorbTax",
        ),
    ),
    "sponsors": _stream(
        lambda view, event: (Sent(listings.sponsor(view, event, one)) for one in event.sponsors),
        Columns(
            whole="id eventId carouselLogoSliderDelaySeconds exhibitorId",
            text="sponsorName sponsorLogo sponsorSize sponsorUrl shortDescription"
            " sponsorCardImage colorConfig cardTag",
            number="position",
            flag="includeInLobbyCarousel",
        ),
    ),
    "sponsor_analytics": _stream(
        lambda view, event: (
            Sent(listings.sponsor_clicks(view, event, one)) for one in event.sponsors
        ),
        Columns(whole="id", text="sponsorName", same="countBySource"),
    ),
    "exhibitors": _stream(
        lambda view, event: (
            Sent(listings.exhibitor(view, event, one)) for one in event.exhibitors
        ),
        Columns(
            whole="id eventId categoryId",
            text="exhibitorName boothSize categoryName colorConfig linkToSite categoryPositionJson",
            number="position",
            flag="showStatusIndicator preferredExhibitor chatEnabled showBoothName featured",
        ),
    ),
    "exhibitor_staff": _stream(
        _staff,
        Columns(
            whole="id leads",
            text="firstName lastName email role",
            flag="allowToBookMeeting allowDirectMessages exhibitorAdmin",
            same="user",
        ),
    ),
}
