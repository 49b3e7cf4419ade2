"""The ways the pretend Stripe says no, in the shape its library expects."""

from __future__ import annotations

from typing import Any

DOC_ROOT = "https://docs.stripe.com/error-codes/"


class ApiError(Exception):
    """One refusal. `stored` is true when work had begun, so that an idempotency key remembers it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.stored = stored
        self.more = more

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON answer; absent facts are left out, as the real service does."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message, **self.more}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = DOC_ROOT + self.code.replace("_", "-")
        if self.param is not None:
            error["param"] = self.param
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


def missing(what: str, identifier: str, *, param: str = "id", status: int = 404) -> ApiError:
    """Nothing has this identifier; 404 when it stands in the path, 400 when it came as a parameter."""
    return ApiError(f"No such {what}: '{identifier}'", status=status, code="resource_missing", param=param)


def required(param: str) -> ApiError:
    """A parameter without which the call makes no sense was left out."""
    return ApiError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(message: str, param: str, code: str | None = None) -> ApiError:
    """A parameter holds something the call cannot accept."""
    return ApiError(message, param=param, code=code)
