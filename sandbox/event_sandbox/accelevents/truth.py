"""What a perfect extraction holds.

Columns are read off the answers, by the kinds that they have. Instants come from the world, and so
does what tells the parents: what the clock at an event shows is not read back.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from event_sandbox.accelevents import listings, shapes
from event_sandbox.columns import Columns, Stream, several, snake, text
from event_sandbox.world.hub import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from event_sandbox.accelevents.expand import Expansion
    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.accelevents.view import View
    from event_sandbox.wire import Row
    from event_sandbox.world.hub_model import HubCompany, HubEvent, HubSession, HubVisit
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

Sent: TypeAlias = "tuple[Shape, Row, Mapping[str, Millis | None]]"
"""What is sent of one thing, the columns of its parents, and the instants of its times."""


def _stream(
    sent: Callable[[View, HubEvent], Iterator[Sent]],
    columns: Columns,
    secrets: Columns | None = None,
) -> Stream[View]:
    """Make a stream of what is sent of all events; a time gives a column more, its instant."""

    def of_all(view: View) -> Iterator[tuple[Shape, Row]]:
        for event in view.readable():
            for shape, parents, instants in sent(view, event):
                known = {"event_url": event.slug, **parents}
                for name, at in instants.items():
                    told = known[snake(name)] = text(shape.get(name))
                    known[f"{snake(name)}_utc"] = _instant(view, event, told, at)
                yield shape, known

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
    yield listings.event_details(view, event), {}, instants


def _of_sessions(
    sent: Callable[[View, HubSession], Iterator[tuple[Shape, Mapping[str, Millis | None]]]],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give what is sent of each session of an event, with the columns that tell the session."""

    def of_event(view: View, event: HubEvent) -> Iterator[Sent]:
        for session in view.sessions(event):
            ends = session.ends
            if ends is not None and not _is_told(view, event):  # then the text is read as UTC
                offset = datetime.fromtimestamp(ends // 1000, event.zone).utcoffset()
                ends += int(offset.total_seconds()) * 1000 if offset else 0
            parents = {"session_id": session.key, "session_end_time": _utc(ends)}
            for shape, instants in sent(view, session):
                yield shape, parents, instants

    return of_event


def _one_of_a_session(
    shape: Callable[[View, HubSession, set[Expansion]], Shape],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give what is sent of each session as one object."""
    return _of_sessions(
        lambda view, session: iter(
            [
                (
                    shape(view, session, _EXPANDED),
                    {"startTime": session.starts, "endTime": session.ends},
                )
            ]
        )
    )


def _holders(
    visits: Callable[[View, HubSession], list[HubVisit]],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give who registered or came."""
    return _of_sessions(
        lambda view, session: (
            (shapes.holder(view, session, visit), {"registrationDate": visit.registered})
            for visit in visits(view, session)
        )
    )


def _listed(
    shapes_of: Callable[[View, HubEvent], Iterator[Shape]],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give the rows of a list without times."""
    return lambda view, event: ((shape, {}, {}) for shape in shapes_of(view, event))


def _companies(
    of_event: Callable[[HubEvent], tuple[HubCompany, ...]],
    shape: Callable[[View, HubEvent, HubCompany], Shape],
) -> Callable[[View, HubEvent], Iterator[Sent]]:
    """Give an event's sponsors or exhibitors."""
    return _listed(lambda view, event: (shape(view, event, company) for company in of_event(event)))


def _assets(view: View, session: HubSession) -> Iterator[tuple[Shape, Mapping[str, Millis | None]]]:
    created = [asset.created for asset in session.assets if asset.created <= view.now]
    sent = several(shapes.assets(view, session)) or []
    return ((one, {"createdAt": at}) for one, at in zip(sent, created, strict=True))


def _ticket_types(view: View, event: HubEvent) -> Iterator[Sent]:
    instants = {"startDate": event.starts - 60 * DAY, "endDate": event.ends}
    for kind in event.ticket_types:
        yield listings.ticket_type(view, event, kind), {}, instants


def _orders(view: View, event: HubEvent) -> Iterator[Sent]:
    for order in view.orders(event):
        yield listings.order(view, event, order), {}, {"purchaseDate": order.made}


def _staff(view: View, event: HubEvent) -> Iterator[Sent]:
    for company in event.exhibitors:
        for member in company.staff:
            yield listings.staff(view, event, company, member), {"exhibitor_id": company.key}, {}


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
                (shapes.session_speaker(view, speaker), {}) for speaker in session.speakers
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
        _listed(
            lambda view, event: (
                listings.speaker(view, event, speaker)
                for speaker in (() if view.has_error(event) else event.speakers)
            )
        ),
        _SPEAKER + Columns(flag="allowEditSessions", same="sessionDTO"),
    ),
    "attendees": _stream(
        _listed(
            lambda view, event: (
                listings.attendee(view, event, *sold) for sold in view.tickets(event)
            )
        ),
        Columns(text="attendeeId barcode firstName lastName email status ticketStatus ticketType"),
    ),
    "attendee_summary": _stream(
        _listed(lambda view, event: iter([listings.counters(view, event)])),
        Columns(
            whole="totalBookedTickets totalCheckedInTickets totalFreeTickets totalPaidTickets",
            same="ticketTypeCountDtos",
        ),
    ),
    "orders": _stream(
        _orders,
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
        _companies(lambda event: event.sponsors, listings.sponsor),
        Columns(
            whole="id eventId carouselLogoSliderDelaySeconds exhibitorId",
            text="sponsorName sponsorLogo sponsorSize sponsorUrl shortDescription"
            " sponsorCardImage colorConfig cardTag",
            number="position",
            flag="includeInLobbyCarousel",
        ),
    ),
    "sponsor_analytics": _stream(
        _companies(lambda event: event.sponsors, listings.sponsor_clicks),
        Columns(whole="id", text="sponsorName", same="countBySource"),
    ),
    "exhibitors": _stream(
        _companies(lambda event: event.exhibitors, listings.exhibitor),
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
