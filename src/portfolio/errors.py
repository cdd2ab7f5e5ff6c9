"""The errors that stand for refused input or a refused act; `app.py` turns them into HTTP, `cli.py` into exit codes."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class PortfolioError(Exception):
    """A refusal with a stable `code`, an HTTP `status` and an English sentence that says what to do.

    `data` holds JSON-able details. Neither the message nor the data may hold a person's data, except the
    problems of a table, which go back only to the one who uploaded it.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, **data: JsonValue) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFoundError(PortfolioError):
    """Absent, or not yours: both answer alike."""

    status = 404
    code = "not_found"


class ConflictError(PortfolioError):
    status = 409
    code = "conflict"


class ForbiddenError(PortfolioError):
    status = 403
    code = "forbidden"


class UnauthenticatedError(PortfolioError):
    status = 401
    code = "unauthenticated"


class UnavailableError(PortfolioError):
    """Something outside did not answer; never a verdict."""

    status = 503
    code = "unavailable"
