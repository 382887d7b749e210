"""What goes from requests into the journal: questions, and by `POST /feedback` what people say of their answers.

Knows nothing of how either is written.
"""

import asyncio
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from index.answers import Answer
from service.journal import Journal
from service.records import Rated

COMMENT_LENGTH = 1000
PATIENCE_SECONDS = 5  # for the database, before the sender is told to try again

Reason = Literal["wrong_answer", "outdated", "unclear", "none_of_these", "other"]


def _printable(text: str) -> str:
    """Without control characters but for tabs and line ends; halves of surrogate pairs are refused by pydantic."""
    return "".join(c for c in text if c in "\t\n" or unicodedata.category(c) != "Cc").strip()


class FeedbackRequest(BaseModel):
    """What somebody says of one message."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"message_id": "019ac6f1c2b87d5e0f31a4b2c39f0d61e8a7b4c2", "rating": "up"},
                {"message_id": "019ac6f1c2b87d5e0f31a4b2c39f0d61e8a7b4c2", "rating": "down", "reason": "none_of_these"},
            ]
        },
    )

    message_id: str = Field(max_length=100, description="The message meant, whatever its status")
    rating: Literal["up", "down"] | None = Field(
        description="Whether it helped; null takes back what was said. The last one counts"
    )
    reason: Reason | None = Field(
        None, description="Why not, with `down` only; `none_of_these` says that no candidate was meant"
    )
    comment: Annotated[str, Field(max_length=COMMENT_LENGTH), AfterValidator(_printable)] | None = Field(
        None, description="In the person's own words, 1,000 characters at most; control characters are dropped"
    )

    @field_validator("reason")
    @classmethod
    def _only_of_what_did_not_help(cls, reason: Reason | None, info: ValidationInfo) -> Reason | None:
        if reason and info.data.get("rating", "down") != "down":
            raise ValueError("goes with the rating down")
        return reason

    @field_validator("comment")
    @classmethod
    def _only_with_a_rating(cls, comment: str | None, info: ValidationInfo) -> str | None:
        if comment and info.data.get("rating", "down") is None:
            raise ValueError("goes with a rating; null takes back what was said")
        return comment


class FeedbackResponse(BaseModel):
    """What is kept of the message now."""

    message_id: str
    rating: Literal["up", "down"] | None
    reason: Reason | None
    comment: str | None


def note(request: Request, question: str, answer: Answer, took_ms: float) -> str:
    """Take down a question and what came of it, where a log is kept; the id of the message to be given out."""
    journal = _journal(request)
    if journal is None:
        return uuid.uuid4().hex
    return journal.note(question, answer, took_ms, request.client.host if request.client else None)


async def feedback(body: FeedbackRequest, request: Request) -> FeedbackResponse:
    """Say whether a message helped, whatever its status. The last one counts, and null takes it back."""
    journal = _journal(request)
    if journal is None:
        raise HTTPException(404, "No log of questions is kept here, so there is nothing to rate.")
    if not journal.knows(body.message_id):
        cause = f"is not the id of a message that was given out here in the last {journal.keep_days} days"
        raise RequestValidationError([{"type": "foreign", "loc": ("body", "message_id"), "msg": cause}])
    kept = FeedbackResponse(**body.model_dump() | {"comment": body.comment or None})
    rated = Rated(kept.message_id, datetime.now(UTC), kept.rating, kept.reason, kept.comment)
    try:
        await asyncio.wait_for(asyncio.wrap_future(journal.rate(rated)), PATIENCE_SECONDS)
    except Exception as error:  # whatever the database says, it is in the service's log already
        detail = "The rating could not be kept. Send it again later."
        raise HTTPException(503, detail, {"Retry-After": "10"}) from error
    return kept


def _journal(request: Request) -> Journal | None:
    return cast(Journal | None, request.app.state.journal)
