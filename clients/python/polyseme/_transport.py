"""One HTTP exchange after the other, with retries."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class PolysemeError(Exception):
    """What a server answered when it did not do what was asked, or why it could not be reached (``status`` 0)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: dict[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details or {}
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Retry:
    """About a minute against a server that is away; a quarter of an hour against a full queue."""

    attempts: int = 8
    overloaded_attempts: int = 90
    first_pause_s: float = 0.25
    longest_pause_s: float = 10.0


LONGEST_RETRY_AFTER_S = 300.0


class HttpTransport:
    """Requests against one server."""

    def __init__(self, url: str, api_key: str | None, timeout_s: float, retry: Retry) -> None:
        if not url.startswith(("http://", "https://")):
            raise PolysemeError(0, "invalid", f'"{url}" is not a URL. It looks like http://127.0.0.1:8080.')
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._retry = retry

    def json(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return self._parse(self._send(method, path, query, data, "application/json"))

    def text(self, method: str, path: str, query: dict[str, Any], body: Any) -> str:
        return self._send(method, path, query, None, "application/json").decode()

    def ndjson(self, path: str, lines: bytes) -> Any:
        return self._parse(self._send("POST", path, {}, lines, "application/x-ndjson"))

    def events(self, method: str, path: str, query: dict[str, Any], body: Any) -> Iterator[tuple[str, Any]]:
        """Name and data of each server-sent event."""
        with self._open(self._request(method, path, query, None, "application/json")) as answer:
            event = "message"
            for raw in answer:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    yield event, json.loads(line[6:])

    def _parse(self, answer: bytes) -> Any:
        try:
            return json.loads(answer)
        except ValueError:
            message = f"{self._url} did not answer with JSON. Is this a polyseme server's URL?"
            raise PolysemeError(0, "bad_answer", message) from None

    def _send(self, method: str, path: str, query: dict[str, Any], data: bytes | None, content_type: str) -> bytes:
        request = self._request(method, path, query, data, content_type)
        failures = 0
        while True:
            try:
                with self._open(request) as answer:
                    return answer.read()
            except PolysemeError as error:
                failures += 1
                pause_s = self._pause_s(error, failures, repeatable=_is_repeatable(method, path))
                if pause_s is None:
                    raise
                time.sleep(pause_s)

    def _request(
        self, method: str, path: str, query: dict[str, Any], data: bytes | None, content_type: str
    ) -> Request:
        given = {key: value for key, value in query.items() if value is not None}
        url = self._url + path + (f"?{urlencode(given)}" if given else "")
        headers = {"accept": "application/json, text/event-stream, text/plain"}
        if data is not None:
            headers["content-type"] = content_type
        if self._api_key is not None:
            headers["authorization"] = f"Bearer {self._api_key}"
        return Request(url, data=data, headers=headers, method=method)

    def _open(self, request: Request) -> Any:
        try:
            return urlopen(request, timeout=self._timeout_s)
        except HTTPError as error:
            raise _error_of(error) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            message = f"Cannot reach {self._url}: {reason}. Is the server running there?"
            raise PolysemeError(0, "unreachable", message) from error

    def _pause_s(self, error: PolysemeError, failures: int, repeatable: bool) -> float | None:
        overloaded = error.status == 429
        away = error.status == 503 or (error.status == 0 and error.code == "unreachable" and repeatable)
        if not overloaded and not away:
            return None
        if failures >= (self._retry.overloaded_attempts if overloaded else self._retry.attempts):
            return None
        backoff_s = min(self._retry.longest_pause_s, self._retry.first_pause_s * 2 ** (failures - 1))
        asked_s = min(error.retry_after_s or 0.0, LONGEST_RETRY_AFTER_S)
        return max(asked_s * (1 + random.random() * 0.1), backoff_s * (0.5 + random.random() / 2))


def _is_repeatable(method: str, path: str) -> bool:
    """Whether a request may be sent again after its answer was lost: where twice is not the same as once, it may not."""
    if method == "GET" or method == "PUT":
        return True
    if method == "DELETE":
        return False
    return not path.endswith(("/migrate", "/migration/cutover", "/migration/rollback", "/v1/keys"))


def _error_of(error: HTTPError) -> PolysemeError:
    text = error.read().decode(errors="replace")
    retry_after = error.headers.get("retry-after", "")
    retry_after_s = float(retry_after) if retry_after.replace(".", "", 1).isdigit() else None
    try:
        said = json.loads(text)["error"]
        return PolysemeError(error.code, said["code"], said["message"], said.get("details"), retry_after_s)
    except (ValueError, KeyError, TypeError):
        message = f"The server answered {error.code}: {text[:200]}. Is this a polyseme server's URL?"
        return PolysemeError(error.code, "bad_answer", message, None, retry_after_s)
