"""Client of a polyseme server. Standard library only.

>>> from polyseme import Polyseme
>>> client = Polyseme("http://127.0.0.1:8080")
>>> pushed = client.push("notes", ({"id": str(i), "text": f"text {i}"} for i in range(10)))
>>> status = pushed.ticket.wait()
>>> hits = client.api.search("notes", query="text", k=3)["hits"]
"""

from ._client import Polyseme, Pushed, Ticket
from ._transport import PolysemeError

__all__ = ["Polyseme", "PolysemeError", "Pushed", "Ticket"]
