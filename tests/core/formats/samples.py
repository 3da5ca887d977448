"""Small documents of every format, written for these tests, and the one call that reads them."""

from __future__ import annotations

import json
from typing import Any

from pipeline.core.flow import Parsed
from pipeline.core.formats import parse
from pipeline.core.payload import Payload
from pipeline.core.story import Story


def parsed(data: bytes | str | dict[str, Any], **known: Any) -> Parsed:
    """Parse text, bytes, or an object to be written as JSON."""
    if isinstance(data, dict):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode()
    return parse(Payload(data=data, origin="sample", **known))


def story(data: bytes | str | dict[str, Any], **known: Any) -> Story:
    """Return the only story of a document."""
    result = parsed(data, **known)
    assert result.refused == ()
    (only,) = result.stories
    return only


NINJS = {
    "uri": "urn:newsml:acme.example:20260105:1",
    "type": "text",
    "version": "3",
    "versioncreated": "2026-01-05T10:15:00+01:00",
    "firstcreated": "2026-01-05T08:00:00Z",
    "pubstatus": "usable",
    "urgency": 2,
    "language": "en-GB",
    "headline": "Ferry line reopens",
    "byline": "By A. N. Other",
    "slugline": "FERRY-REOPENS",
    "ednote": "Adds quote",
    "body_xhtml": "<p>BERGEN, Norway (Acme) - Ferries run again.</p><p>The fjord was <b>calm</b>.</p>",
    "subject": [{"name": "transport", "code": "20000001", "scheme": "medtop"}],
}

G2_ITEM = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="2" standard="NewsML-G2"
  xml:lang="en-GB"><itemMeta><itemClass qcode="ninat:text"/><provider qcode="nprov:ACME"
  ><name>Acme News</name></provider>
  <versionCreated>2026-01-05T10:15:00Z</versionCreated><firstCreated>2026-01-05T09:00:00+01:00</firstCreated>{meta}
  </itemMeta><contentMeta><urgency>3</urgency><subject qcode="medtop:20000001"><name>transport</name></subject>
  <slugline>FERRY</slugline><headline>Ferry line reopens</headline>{about}</contentMeta>
  <contentSet>{content}</contentSet></newsItem>"""
XHTML = (
    '<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>'
    "<body><p>Ferries run again.</p><p>The fjord was <em>calm</em>.<br/>Buses wait.</p></body></html></inlineXML>"
)


def newsml_g2(meta: str = "", about: str = "", content: str = XHTML, guid: str = "urn:acme:1") -> str:
    """Return a news item; ``meta`` goes into itemMeta, ``about`` into contentMeta."""
    return G2_ITEM.format(meta=meta, about=about, content=content, guid=guid)


def nitf(docdata: str = "", attributes: str = "", head: str = "", body: str = "<p>Ferries run again.</p>") -> str:
    """Return an NITF document."""
    return (
        f'<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf-3-6.dtd"><nitf xml:lang="en"><head><title>Ferry</title>'
        f'<docdata {attributes}><doc-id regsrc="ACME" id-string="acme.7"/><urgency ed-urg="4"/>'
        f'<date.issue norm="20260105T101500+0100"/>{docdata}</docdata></head><body><body.head>'
        f"<hedline><hl1>Ferry line reopens</hl1></hedline>{head}</body.head>"
        f"<body.content>{body}</body.content></body></nitf>"
    )


def newsml1(management: str = '<Status FormalName="Usable"/>', content: str = "<p>Ferries run again.</p>") -> str:
    """Return a NewsML 1.2 document with one item."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><NewsML><NewsItem><Identification><NewsIdentifier>'
        "<ProviderId>acme.example</ProviderId><DateId>20260105</DateId><NewsItemId>ferry</NewsItemId>"
        '<RevisionId PreviousRevision="1" Update="N">2</RevisionId>'
        "<PublicIdentifier>urn:newsml:acme.example:20260105:ferry:2</PublicIdentifier></NewsIdentifier></Identification>"
        "<NewsManagement><FirstCreated>20260105T080000Z</FirstCreated>"
        f"<ThisRevisionCreated>20260105T101500+0100</ThisRevisionCreated>{management}</NewsManagement><NewsComponent>"
        "<NewsLines><HeadLine>Ferry line reopens</HeadLine><DateLine>BERGEN, Norway</DateLine></NewsLines>"
        '<DescriptiveMetadata><Language FormalName="en"/></DescriptiveMetadata>'
        '<ContentItem><MediaType FormalName="Text"/>'
        f"<DataContent>{content}</DataContent></ContentItem></NewsComponent></NewsItem></NewsML>"
    )


def iptc7901(
    opening: str = "Ferry line reopens =", end: str = "\x03051015 GMT Jan 26\r\n\x04", priority: int = 3
) -> str:
    """Return a dispatch of the agency ``acm``."""
    return (
        f"\x01acm0042 {priority} i 64    acm 0042\r\n\r\nNorway/ferries/\r\n\x02{opening}\r\n\r\n"
        "   Bergen (acm) - Ferries run again after a week of storms, said\r\nthe harbour.\r\n\r\n"
        f"   The fjord was calm.\r\n\r\n{end}"
    )


def anpa(
    priority: str = "u", marked: str = "^Ferry line reopens<\r\n^Eds: Adds quote.<\r\n^By A. N. OTHER=\r\n"
) -> str:
    """Return a dispatch as AP's DataStream has it."""
    return (
        f"\x16\x16\x01a0042\x1f-----\r\n{priority} i\x13\x11 BC-NO--Ferry    01-05 0064\r\n"
        "\x02^BC-NO--Ferry Line,64<\r\n"
        f"{marked}\t   BERGEN, Norway (AP) _ Ferries run again.\r\n\t   The fjord was calm.\r\n"
        "\t   \x03AP-WF-01-05-26 1015GMT<\r\n\r\n\x0c\r\n\x04"
    )


def rss(items: str, channel: str = "", version: str = "2.0") -> str:
    """Return an RSS document of any of the versions with ``rss`` as the root."""
    return (
        f'<?xml version="1.0"?><rss version="{version}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Wire</title>'
        f"<link>https://www.acme.example/</link><language>en-gb</language>{channel}{items}</channel></rss>"
    )


def atom(entries: str) -> str:
    """Return an Atom 1.0 feed."""
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="en"><id>https://acme.example/feed</id>'
        f"<title>Wire</title><updated>2026-01-05T12:00:00Z</updated><author><name>Desk</name></author>{entries}</feed>"
    )


AP_ITEM = {
    "uri": "https://api.example/content/abc?et=1",
    "altids": {"itemid": "abc", "etag": "abc_1"},
    "version": 0,
    "type": "text",
    "urgency": 4,
    "versioncreated": "2026-01-05T10:15:00Z",
    "firstcreated": "2026-01-05T09:00:00Z",
    "pubstatus": "usable",
    "signals": ["newscontent"],
    "headline": "Ferry line reopens",
    "bylines": [{"by": "By A. N. OTHER", "title": "Acme"}],
    "provider": "AP",
}
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Wire",
    "home_page_url": "https://acme.example/",
    "language": "en",
    "items": [
        {
            "id": 7,
            "url": "https://acme.example/7",
            "title": "Ferry line reopens",
            "content_html": "<p>Ferries run again.</p>",
            "date_published": "2026-01-05T10:15:00Z",
            "authors": [{"name": "A. N. Other"}],
            "tags": ["ferries"],
        }
    ],
}
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Acme</title><link rel="canonical" href="https://acme.example/7">
<meta property="og:type" content="article"><meta property="og:title" content="Ferry line reopens">
<meta property="article:published_time" content="2026-01-05T10:15:00Z"></head><body><nav>Home</nav><article>
<h1>Ferry line reopens</h1><p>Ferries run again.</p><script>var x = "<p>never</p>"</script></article></body></html>"""

ALL: dict[str, str] = {
    "ninjs": json.dumps(NINJS),
    "newsml-g2": newsml_g2(),
    "nitf": nitf(),
    "newsml-1.2": newsml1(),
    "iptc7901": iptc7901(),
    "anpa1312": anpa(),
    "ap-media": json.dumps({"api_version": "1.1", "data": {"item": AP_ITEM}}),
    "jsonfeed": json.dumps(JSON_FEED),
    "rss": rss(
        "<item><title>Ferry line reopens</title><guid>7</guid><description>Ferries run again.</description></item>"
    ),
    "atom": atom(
        "<entry><id>urn:acme:7</id><title>Ferry line reopens</title><updated>2026-01-05T10:15:00Z</updated></entry>"
    ),
    "html": PAGE,
}
