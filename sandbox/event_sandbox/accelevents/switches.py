"""Where the vendor's pages are silent, contradict each other, or differ from what clients met.

The first position is what is printed or what clients met, where either is known.
"""

from __future__ import annotations

from typing import Final

from event_sandbox.switches import COMPRESSION, Switch, switches_in

SWITCHES: Final[tuple[Switch, ...]] = (
    *switches_in("""
# Authentication and errors

auth: all, key, authorization, bearer
    The pages declare `Key` and `Authorization`; clients met a Bearer key that works on GET.
key: active, revoked
    A key that is no longer good gets 401 for everything.
foreign_event: none, one
    Not Event Host (4030201): of one of several events, the key may not be the host.
error_body: error_code, code, html, plain, empty
    Codes are tabulated, the bodies that carry them are not shown.
unknown_session: http_404, http_406, http_400
    Session Not Found is 404800; which HTTP status comes with it is not documented.
event_id_param: required, optional
    `eventId` is required on the lists of sessions and speakers, or optional: pages differ.
content_type: json, text_plain
    The page of speakers labels its JSON as text/plain.

# Paths

analytics_path: session_id_analytics, analytics_session_id, event_session_id_analytics
    The path of a session's analytics is lost in all copies of the page.
wrong_path: bare_404, coded_404, coded_406
    What a path that does not exist is answered with: a server's 404, or 40600013.
analytics_scope: organisation, event
    The path of all sessions' analytics names no event: all of the key's, or a parameter's.

# Pages

largest_page: 500, ten, five
    The largest page is not documented; a server may send fewer rows than were asked for.
paging: works, everything, first_page_again
    Some lists document no pages; a server may ignore `page`.
past_end: empty, repeated
    What a page after the last one looks like is not documented.
row_order: stable, shifts_down, shifts_up
    The order of rows is not documented: rows may move between two pages.
host_pages: none, paged
    Whether analytics and attendees of a session have pages is not documented.
records_total: right, too_many, too_few, absent
    `recordsTotal` is the total of the event, whatever that counts.
records_filtered: search, page
    `recordsFiltered` counts what a search leaves, or the rows of this page: pages differ.
error_member: null, absent, first_call, one_list
    Envelopes have an `error` that may be set although the status is 200.
list_envelope: data, bare_list, named
    Some pages show `data`, some a bare list; others show nothing.
analytics_envelope: data, bare_list, sessions
    The envelope of all sessions' analytics is not documented.
session_attendees_envelope: data, bare_list, attendees
    The envelope of a session's attendees is not documented.
attendees_envelope: attendees, data
    Two transcriptions say `attendees`, a third says `data`.

# Attributes

expand_tokens: any, constants, labels, strict
    Expansions are listed by label; other pages spell theirs like constants, and a server may refuse
    what is none.
absent_values: null, absent
    Whether an attribute without a value is null or missing is not documented.
toggle_names: response, request
    chatEnabled in responses, enableChat in requests; the analytics page shows labels only.
qanda_name: qandAPrivate, qAndAPrivate, qandaPrivate
    The label QandAPrivate can be spelled in several ways.
ticket_id_name: eventTicketId, eventTicketingId
    Labelled "Event Ticket Id"; siblings call it event ticketing id.
event_names: documented, display
    Four spellings of an event's address, two of its name, across endpoints.
session_speaker_fields: seed, siblings, misspelled
    The analytics page lists no names of speakers; siblings do, one as firatName.
ticket_type_fields: few, many
    Settings show four attributes of a ticket type; the public list has more, and typeId.
vocabulary: seed, siblings
    Status and format have two vocabularies that share hardly a word.
ids: number, text
    Ids are integers; examples show them as texts as well.
asset_ids: number, text
    Ids of assets are documented as integers; those of the video service are texts.
own_ticket_ids: list, scalar, null
    currentUserRegisteredEventTicketId: a list in a schema, one id in prose.
asset_list: list, object
    assetList is a list by its name, an object by its schema.
speaker_tickets: null, object, list
    ticketTypesForSpeaker is null in the example, an object in the schema.
speaker_session: null, object
    sessionDTO is null in the example; what it holds is a session, secrets and all.
sponsor_list: absent, present
    The analytics page promises sponsors and lists no attribute.
order_ids: both, order_id_only, id_only
    Orders have an `orderId` and an `id`; how the two relate is not said.

# Values

session_times: minutes, seconds
    yyyy/MM/dd HH:mm, by prose; nothing rules out seconds.
other_dates: local, iso, epoch_ms
    The form of registration, purchase and creation dates is not documented.
event_zone: both, timezone_id, equivalent_timezone, odd_id, absent
    Event objects carry timezoneId or equivalentTimezone; not on every page.
event_dates: present, absent
    An event's dates are on sibling pages, not on that of its details.
event_secrets: absent, top, nested
    An event's data may contain an `accessToken`.
percentages: number, text
    Engagement and average times could be numbers or texts.
embedded_json: text, object
    documentKeyValue, categoryPositionJson and colorConfig: JSON inside a text.
order_filter: utc, event_zone, ignored
    The zone of searchTimeStamp is not documented; one page does not have the parameter.
unknown_fields: absent, present
    The lists of attributes on the pages are cut off: there may be more.
odd_types: absent, present
    No page shows types for all attributes: a text for a flag or a count.
"""),
    COMPRESSION,
)
