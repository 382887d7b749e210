"""Trouble that may last, as it is told in the log: at once, then once a minute at most, and when it is over.

Knows nothing of what the trouble is about.
"""

import logging
import time

TELL_SECONDS = 60
_CROWD = "more came than could wait"  # why something is lost although nothing fails

_log = logging.getLogger("wenjin")


class Trouble:
    """With the writing of `subject`, of which `waiting` records are still to be written and `lost` never will be."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._cause = _CROWD
        self._lasts = False
        self._told_lost = 0
        self._tell_at = 0.0

    def met(self, cause: str, waiting: int, lost: int) -> None:
        """It failed."""
        self._cause = cause
        self._tell(waiting, lost)

    def over(self, waiting: int, lost: int) -> None:
        """It went well."""
        if self._lasts:
            _log.info("%s: written again, %d records were lost since the start", self._subject, lost)
            self._lasts, self._told_lost, self._cause = False, lost, _CROWD
        elif lost > self._told_lost:
            self._tell(waiting, lost)

    def ended(self, lost: int) -> None:
        """Nothing more will be written."""
        if lost > self._told_lost:
            _log.error("%s: %d records were lost since the start, lastly: %s", self._subject, lost, self._cause)

    def _tell(self, waiting: int, lost: int) -> None:
        if time.monotonic() < self._tell_at:
            return
        _log.error("%s: %s. %d records wait, %d were lost since the start", self._subject, self._cause, waiting, lost)
        self._lasts, self._told_lost, self._tell_at = True, lost, time.monotonic() + TELL_SECONDS
