"""Uses a running server as a program would: python3 smoke.py URL. Run by the tests."""

import sys

from polyseme import Polyseme, PolysemeError

client = Polyseme(sys.argv[1])
documents = [
    {"id": "bank", "text": "The central bank raised its interest rates.", "metadata": {"language": "en"}},
    {"id": "river", "text": "We sat on the bank of the river and fished."},
    {"id": "empty", "text": "   "},
]
pushed = client.push("python", iter(documents))
assert pushed.accepted == 2, pushed
assert [(one["index"], one["id"]) for one in pushed.rejected] == [(2, "empty")], pushed.rejected
status = pushed.ticket.wait()
assert (status["stored"], status["pending"], status["failed"]) == (2, 0, 0), status
assert [name for name, _ in client.api.watch_ticket(pushed.ticket.ids[0])] == ["done"]

hits = client.api.search("python", query="monetary policy", k=1)["hits"]
assert hits[0]["id"] == "bank" and hits[0]["metadata"] == {"language": "en"}, hits
inspected = client.api.inspect(text="She ate an apple.")
assert inspected["shape"][1] == len(inspected["contextual"]), inspected["shape"]
assert client.api.get_document("python", "river")["state"] == "stored"
assert "polyseme_build_info" in client.api.metrics()

try:
    client.api.get_collection("no-such")
    raise AssertionError("A collection that is not there was found")
except PolysemeError as error:
    assert (error.status, error.code) == (404, "not_found"), (error.status, error.code)
assert client.api.delete_documents("python", ids=["bank", "river"])["deleted"] == 2
print("pushed, stored, found, inspected, refused, deleted")
