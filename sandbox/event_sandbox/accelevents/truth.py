"""What a perfect extraction holds.

Columns are read off the answers, by the kinds that they have. Instants come from the world, and so
does what tells the session: what the clock at an event shows is not read back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.accelevents import listings, shapes
from event_sandbox.accelevents.view import View
from event_sandbox.columns import Columns, Stream, snake, text
from event_sandbox.world.hub import HubSession
from event_sandbox.world.model import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from event_sandbox.accelevents.forms import Shape
    from event_sandbox.wire import Row
    from event_sandbox.world.hub import HubEvent
    from event_sandbox.world.hub_people import HubVisit
    from event_sandbox.world.model import Millis

_SECRETS: Final = frozenset(
    {
        *("streamKey", "rtmpUrl", "meetingPassword", "accessToken", "access_token", "cardType"),
        "lastFour",
    }
)
_EXPANSIONS: Final = frozenset(
    {"STATS", "DURATION", "ATTENDEE_COUNT", "WATCH_TIME", "TRACK", "TAG"}
)


def _stream(
    things: Callable[[View, HubEvent], Iterable[Any]],
    shape: Callable[..., Shape],
    *,
    base: Columns | None = None,
    times: Callable[..., Mapping[str, Millis | None]] = lambda *_: {},
    secrets: str = "",
    **columns: str,
) -> Stream[View]:
    """Make a stream of what is sent of all events.

    Args:
        things: Of what there are rows in an event: one for each, or for several things in a tuple.
        shape: What is sent of them.
        base: Columns that other streams have, too.
        times: When what its times tell was, by attribute; each gives a column more, its instant.
        secrets: Texts that are there on request only.
        columns: What else is read off what is sent, as in `Columns`.
    """

    def sent(view: View) -> Iterator[tuple[Shape, Row]]:
        view = replace(view, wanted=_EXPANSIONS)
        for event in view.readable():
            for thing in things(view, event):
                about = thing if isinstance(thing, tuple) else (thing,)
                row = shape(view, event, *about)
                known: Row = {"event_url": event.slug}
                if about and isinstance(about[0], HubSession):
                    known |= _session(view, event, about[0])
                for name, at in times(event, *about).items():
                    told = known[snake(name)] = text(row.get(name))
                    known[f"{snake(name)}_utc"] = _instant(view, event, told, at)
                yield row, known

    declared = (base or Columns()) + Columns(**columns)
    return Stream(sent, declared, Columns(text=secrets), hidden=_SECRETS)


def _session(view: View, event: HubEvent, session: HubSession) -> Row:
    """Give the columns that tell the session."""
    ends = session.ends
    if ends is not None and not _is_told(view, event):  # then the text is read as UTC
        offset = datetime.fromtimestamp(ends // 1000, event.zone).utcoffset()
        ends += int(offset.total_seconds()) * 1000 if offset else 0
    return {"session_id": session.key, "session_end_time": _utc(ends)}


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


def _of_sessions(
    things: Callable[[View, HubSession], Iterable[Any]],
) -> Callable[[View, HubEvent], Iterable[Any]]:
    """Give what there is in each session of an event."""
    return lambda view, event: (
        (session, one) for session in view.sessions(event) for one in things(view, session)
    )


def _session_times(_: HubEvent, session: HubSession) -> Mapping[str, Millis | None]:
    return {"startTime": session.starts, "endTime": session.ends}


def _registered(_: HubEvent, __: HubSession, visit: HubVisit) -> Mapping[str, Millis | None]:
    return {"registrationDate": visit.registered}


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
_SESSION_SECRETS: Final = "streamKey rtmpUrl meetingPassword"
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
        lambda _view, _event: [()],
        listings.event_details,
        whole="eventId",
        text="event_name:eventName|name eventPhoneNumber eventCountryCode currencySymbol"
        " eventFormat eventListingStatus timezoneId equivalentTimezone",
        flag="noModuleActivate auctionEnabled fundANeedEnabled raffleEnabled donationEnabled"
        " ticketingEnabled textToGiveEnabled enableBidderRegistration",
        same="eventDesignDetailDto",
        times=lambda event: {"eventStartDate": event.starts, "eventEndDate": event.ends},
        secrets="accessToken",
    ),
    "sessions": _stream(
        View.sessions,
        shapes.listed_session,
        base=_SESSION,
        text="sessionTypeFormat",
        whole="locationId",
        wholes="ticketTypesThatCanBeRegistered",
        same="tags tracks",
        times=_session_times,
        secrets=_SESSION_SECRETS,
    ),
    "session_analytics": _stream(
        View.sessions,
        shapes.analytics,
        text="title",
        whole="registeredUserCount attendeeCount recordingViews liveViews",
        number="duration avgAttendedDuration watchTime",
        times=_session_times,
    ),
    "session_analytics_details": _stream(
        View.sessions,
        shapes.details,
        base=_SESSION,
        whole="attendeeCount",
        times=_session_times,
        secrets=_SESSION_SECRETS,
    ),
    "session_registrants": _stream(
        _of_sessions(View.registrants), shapes.holder, base=_HOLDER, times=_registered
    ),
    "session_speakers": _stream(
        _of_sessions(lambda _, session: session.speakers),
        shapes.session_speaker,
        base=_SPEAKER,
        text="photoUrl",
    ),
    "session_assets": _stream(
        _of_sessions(View.assets),
        shapes.asset,
        text="id assetId fileName playBackId",
        whole="createdBy duration",
        flag="defaultPlayback",
        times=lambda _event, _session, asset: {"createdAt": asset.created},
    ),
    "session_attendees": _stream(
        _of_sessions(View.attendees), shapes.holder, base=_HOLDER, times=_registered
    ),
    "speakers": _stream(
        lambda view, event: () if view.has_error(event) else event.speakers,
        listings.speaker,
        base=_SPEAKER,
        flag="allowEditSessions",
        same="sessionDTO",
    ),
    "attendees": _stream(
        View.tickets,
        listings.attendee,
        text="attendeeId barcode firstName lastName email status ticketStatus ticketType",
    ),
    "attendee_summary": _stream(
        lambda _view, _event: [()],
        listings.counters,
        whole="totalBookedTickets totalCheckedInTickets totalFreeTickets totalPaidTickets",
        same="ticketTypeCountDtos",
    ),
    "orders": _stream(
        View.orders,
        listings.order,
        whole="order_id:orderId|id id",
        text="status orderType note deliveryMode currency timezoneId equivalentTimezone"
        " recurringEventDate",
        number="totalAmount salesTaxFee ticketingFee ccFee",
        flag="isSpeakerOrder",
        same="purchaser attendee",
        times=lambda _, order: {"purchaseDate": order.made},
        secrets="cardType lastFour",
    ),
    "ticket_types": _stream(
        lambda _, event: event.ticket_types,
        listings.ticket_type,
        whole="id:id|typeId remainingTickets categoryId numberOfTicket maxTickerPerBuyer",
        text="name ticketTypeDescription",
        number="price salesTaxRate",
        flag="enableTicketDescription passfeetobuyer hidden absorbTax",
        times=lambda event, _: {"startDate": event.starts - 60 * DAY, "endDate": event.ends},
    ),
    "sponsors": _stream(
        lambda _, event: event.sponsors,
        listings.sponsor,
        whole="id eventId carouselLogoSliderDelaySeconds exhibitorId",
        text="sponsorName sponsorLogo sponsorSize sponsorUrl shortDescription"
        " sponsorCardImage colorConfig cardTag",
        number="position",
        flag="includeInLobbyCarousel",
    ),
    "sponsor_analytics": _stream(
        lambda _, event: event.sponsors,
        listings.sponsor_clicks,
        whole="id",
        text="sponsorName",
        same="countBySource",
    ),
    "exhibitors": _stream(
        lambda _, event: event.exhibitors,
        listings.exhibitor,
        whole="id eventId categoryId",
        text="exhibitorName boothSize categoryName colorConfig linkToSite categoryPositionJson",
        number="position",
        flag="showStatusIndicator preferredExhibitor chatEnabled showBoothName featured",
    ),
    "exhibitor_staff": _stream(
        lambda _, event: [(one, member) for one in event.exhibitors for member in one.staff],
        listings.staff,
        whole="id exhibitorId leads",
        text="firstName lastName email role",
        flag="allowToBookMeeting allowDirectMessages exhibitorAdmin",
        same="user",
    ),
}
