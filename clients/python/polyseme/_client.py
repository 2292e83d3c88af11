"""Pushing documents of any number, and waiting for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, Mapping
from urllib.parse import quote

from ._api import Api
from ._transport import HttpTransport, PolysemeError, Retry

BATCH_DOCUMENTS = 5_000
BATCH_BYTES = 4 * 1024 * 1024
LISTED = 1_000


class Polyseme:
    """A polyseme server.

    ``api`` has every route as a typed method; ``push`` is what the routes alone do not do: documents of any number, in
    bounded memory, sent again when they were refused or lost. Methods raise ``PolysemeError``.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        api_key: str | None = None,
        *,
        timeout_s: float = 150.0,
        retry: Retry = Retry(),
    ) -> None:
        self._transport = HttpTransport(url, api_key, timeout_s, retry)
        self.api = Api(self._transport)

    def push(self, collection: str, documents: Iterable[Mapping[str, Any]]) -> Pushed:
        """Pushes documents (``id``, ``text``, and what else the server takes); returns when all are durable."""
        path = f"/v1/collections/{quote(collection, safe='')}/documents"
        pushed = Pushed(Ticket(self.api))
        first = 0
        for count, lines in _batches(documents):
            answer = self._transport.ndjson(path, lines)
            pushed.accepted += answer["accepted"]
            pushed.unchanged += answer["unchanged"]
            rejected = [{**one, "index": first + one["index"]} for one in answer["rejected"]]
            listed = rejected[: LISTED - len(pushed.rejected)]
            pushed.rejected += listed
            pushed.rejected_omitted += len(rejected) - len(listed) + answer.get("rejectedOmitted", 0)
            pushed.ticket.add(answer["ticket"])
            first += count
        return pushed


class Ticket:
    """What became of a push, over all the requests that it took."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._states: dict[str, Any] = {}

    @property
    def ids(self) -> list[str]:
        return list(self._states)

    def add(self, ticket: str) -> None:
        self._states[ticket] = None

    def status(self) -> dict[str, Any]:
        """The state now; parts that are done are not asked again."""
        for ticket in self._unfinished():
            self._states[ticket] = self._api.get_ticket(ticket)
        return self._sum()

    def wait(self) -> dict[str, Any]:
        """Returns the final state once nothing is pending."""
        for ticket in self._unfinished():
            while self._states[ticket] is None or self._states[ticket]["pending"] > 0:
                self._states[ticket] = self._api.get_ticket(ticket, wait="30s")
        return self._sum()

    def _unfinished(self) -> list[str]:
        return [ticket for ticket, state in self._states.items() if state is None or state["pending"] > 0]

    def _sum(self) -> dict[str, Any]:
        states = list(self._states.values())
        counts = ("total", "stored", "failed", "pending", "deleted", "tokens")
        failures = [one for state in states for one in state["failures"]][:LISTED]
        return {**{name: sum(state[name] for state in states) for name in counts}, "failures": failures}


@dataclass
class Pushed:
    """How a push ended. Rejections are counted by their place in the whole push."""

    ticket: Ticket
    accepted: int = 0
    unchanged: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_omitted: int = 0


def _batches(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """Requests as NDJSON, one at a time; a document larger than the limit goes alone."""
    lines: list[bytes] = []
    size = 0
    for document in documents:
        line = json.dumps(document, ensure_ascii=False).encode() + b"\n"
        if lines and (size + len(line) > BATCH_BYTES or len(lines) >= BATCH_DOCUMENTS):
            yield len(lines), b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield len(lines), b"".join(lines)


__all__ = ["Polyseme", "PolysemeError", "Pushed", "Ticket"]
