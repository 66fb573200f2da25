"""A tap's logo for the hub: an audience of dots, whose sizes and colour follow from its name.

A PNG without compression: each machine makes the same bytes, and so few colours need no more.
"""

from __future__ import annotations

import colorsys
import hashlib
import struct
import zlib

SEATS = 5  # in a row, and rows
SEAT = 32  # pixels
SHADES = 4  # from nothing to the full colour, so that edges look round
SMOOTH = 4  # points along a pixel's side, of which the share inside a dot is its shade


def logo(name: str) -> bytes:
    """Return the PNG of a tap's name."""
    digest = hashlib.sha256(name.encode()).digest()
    half = (SEATS + 1) // 2
    sizes = [0.16 + 0.3 * (byte / 255) for byte in digest[: half * SEATS]]
    dots = {size: _dot(size * SEAT) for size in sizes}
    rows = b""
    for row in range(SEATS):
        left = sizes[row * half : (row + 1) * half]
        seats = [dots[size] for size in (*left, *reversed(left[: SEATS - half]))]
        for y in range(SEAT):
            rows += b"\0" + _packed([shade for seat in seats for shade in seat[y]])
    colour = bytes(
        round(255 * part) for part in colorsys.hls_to_rgb(digest[half * SEATS] / 256, 0.42, 0.6)
    )
    side = SEATS * SEAT
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 2, 3, 0, 0, 0)),  # 2 bits a pixel
            _chunk(b"PLTE", colour * SHADES),
            _chunk(b"tRNS", bytes(255 * shade // (SHADES - 1) for shade in range(SHADES))),
            _chunk(b"IDAT", _stored(rows)),
            _chunk(b"IEND", b""),
        )
    )


def _dot(radius: float) -> list[list[int]]:
    """Return the shades of a dot in the middle of its seat."""
    points = [(i + 0.5) / SMOOTH - SEAT / 2 for i in range(SEAT * SMOOTH)]
    steps = [range(i * SMOOTH, (i + 1) * SMOOTH) for i in range(SEAT)]
    return [
        [
            round(
                (SHADES - 1)
                * sum(points[i] ** 2 + points[j] ** 2 <= radius**2 for i in xs for j in ys)
                / SMOOTH**2
            )
            for xs in steps
        ]
        for ys in steps
    ]


def _packed(shades: list[int]) -> bytes:
    fours = zip(*(iter(shades),) * 4, strict=True)
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in fours)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _stored(content: bytes) -> bytes:
    """Return zlib's form of it, in one block that is not compressed."""
    size = len(content)  # less than 64 KiB
    head = struct.pack("<BBBHH", 0x78, 0x01, 1, size, 0xFFFF - size)
    return head + content + struct.pack(">I", zlib.adler32(content))
