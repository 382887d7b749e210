"""Ids of messages that prove themselves: any process that has the key can tell one that the service gave out, before
anything about the message was written anywhere.

Milliseconds since 1970 (6 bytes), chance (6 bytes), the first 8 bytes of an HMAC-SHA-256 of the two; as 40
hexadecimal digits, so ids sort by time. Knows nothing of where keys are kept.
"""

import hmac
import re
import secrets
import time
from datetime import datetime

KEY_BYTES = 32
_FORM = re.compile(r"[0-9a-f]{40}")


def new_message_id(key: bytes) -> str:
    body = int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(6)
    return (body + _proof(body, key)).hex()


def is_proven(message_id: str, key: bytes) -> bool:
    """Whether somebody with this key made the id."""
    if not _FORM.fullmatch(message_id):
        return False
    raw = bytes.fromhex(message_id)
    return hmac.compare_digest(raw[12:], _proof(raw[:12], key))


def first_message_id(moment: datetime) -> str:
    """An id before which every id of an earlier moment sorts, and after which every later one does."""
    return int(moment.timestamp() * 1000).to_bytes(6, "big").hex()


def _proof(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:8]
