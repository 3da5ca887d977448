"""Bodies of answers over HTTP: their coding undone within bounds, their text in an encoding that parsers know."""

from __future__ import annotations

import re
import zlib

from pipeline.core.errors import InputError
from pipeline.core.formats.document import MAX_BYTES

_OWN_ENCODING = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)|<\?xml[^>]*encoding|^\s*[{\[]")


class Unpacker:
    """Undoes the content coding, never far beyond the limit: a bomb is cut off where it begins to burst.

    Raises InputError for another coding than was asked for, and for what is not packed as it says.
    """

    def __init__(self, coding: str) -> None:
        coding = coding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise InputError(f"the body comes in the content coding {coding!r}, which was not asked for")
        self.packed = coding not in ("", "identity")
        self.inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self.begun = False

    def __call__(self, chunk: bytes, data: bytearray) -> None:
        """Add what ``chunk`` unpacks to, at most one byte more than a body may have."""
        if not self.packed:
            data += chunk
            return
        try:
            data += self.inflate.decompress(chunk, MAX_BYTES + 1 - len(data))
        except zlib.error as error:
            if self.begun:
                raise InputError(f"the body is not packed as it says: {error}") from None
            self.inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # deflate without its header, as some servers send it
            self.begun = True
            self(chunk, data)
        self.begun = True

    def end(self) -> None:
        """Refuse a body that has not come to its end."""
        if self.packed and not self.inflate.eof:
            raise InputError("the packed body ends early")


def utf8(data: bytes, charset: str | None) -> bytes:
    """Return a document whose encoding the header alone tells as UTF-8; what tells its own is left as it is."""
    if charset is None or charset.lower() in ("utf-8", "utf8") or _OWN_ENCODING.search(data[:200]):
        return data
    try:
        return data.decode(charset).encode()
    except (LookupError, ValueError):
        return data
