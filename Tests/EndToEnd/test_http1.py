"""The corpus of raw requests over real sockets: what is refused, what arrives, what is closed."""

import json
import time
import ssl
from pathlib import Path

import pytest

from wire import Closed, raw

CORPUS = json.loads(
    (Path(__file__).parents[1] / "Vectors" / "http1" / "corpus.json").read_text())
HOST = "a.example"
# What becomes of a request without a body or credentials where a path of federation begins: none gets by.
ROUTED = (
    ("/public.php/webdav/", 401), ("/ocm/", 405),
    # This backend serves no discovery document that ours could be made of.
    ("/.well-known/ocm", 502), ("/ocm-provider/", 502),
)


@pytest.fixture(scope="module")
def gateway(start, backend):
    return start(backend.url, host=HOST)


def exchange(gateway, case):
    """(status or None, closed) of the first answer."""
    with gateway.connect(timeout=10) as connection:
        try:
            connection.send(raw(case["bytes"]))
        except (OSError, ssl.SSLError):
            pass  # refused before we were done; the answer is there to read
        method = case.get("accepted", {}).get("method", "GET")
        try:
            response = connection.receive(method)
            if case.get("accepted", {}).get("rest"):
                connection.receive()  # the one behind it, so that it is not taken for the next
        except (Closed, OSError, ssl.SSLError):
            return None, True
        if case["close"]:
            return response.status, connection.is_closed_by_peer()
        return response.status, False


def complaint(case, status, closed, reached) -> str | None:
    """What is wrong with how a case went."""
    if "refused" in case:
        if status != case["refused"]["status"]:
            return f"answered {status}, not {case['refused']['status']}"
        if reached:
            return "it was forwarded"
        if case["close"] and not closed:
            return "the connection stayed open"
        return None
    accepted, path = case["accepted"], case.get("path", {})
    if "refused" in path:
        return None if status == 400 and not reached else f"answered {status}, reached {reached}"
    if accepted.get("host", HOST).partition(":")[0] != HOST:
        return None if status == 421 and not reached else f"answered {status}, reached {reached}"
    if "routed" in path:
        wanted = next(each for start, each in ROUTED if path["routed"].startswith(start))
        return None if status == wanted and not reached \
            else f"answered {status}, not {wanted}; reached {reached}"
    if status != 200:
        return f"answered {status}, not 200"
    if not reached:
        return "nothing reached the backend"
    # The second of two requests sent at once may arrive in the time of the next case.
    message = next((each for each in reached
                    if each.method == accepted.get("method", each.method)), reached[0])
    if "method" in accepted and message.method != accepted["method"]:
        return f"arrived as {message.method}"
    if "body" in accepted and message.body != raw(accepted["body"]):
        return f"its body arrived as {message.body[:60]!r}"
    if "passThrough" in path and message.target.partition("?")[0] != path["passThrough"]:
        return f"its path arrived as {message.target}"
    if case["close"] and not closed:
        return "the connection stayed open"
    return None


def test_every_raw_request_gets_what_the_corpus_says(gateway, backend):
    def wrong(case, pause):
        # What the case before sent behind its own request has arrived by then.
        time.sleep(pause)
        backend.take()
        status, closed = exchange(gateway, case)
        reached = [request for request in backend.take()
                   if not request.get("user-agent", "").lower().startswith("ocmgate")]
        return complaint(case, status, closed, reached)

    complaints, seen = [], 0
    for case in CORPUS["cases"]:
        if case.get("role") == "forward":
            continue
        seen += 1
        # Once more, by itself, where that may have come later.
        if wrong(case, 0.03) and (still := wrong(case, 1)):
            complaints.append(f"{case['id']}: {still}")
    assert seen > 300
    assert complaints == [], "\n".join(complaints)
    assert backend.malformed == []


def test_the_gateway_is_alive_and_well_after_all_of_it(gateway):
    assert gateway.request("GET", "/page").status == 200
    assert gateway.memory("VmRSS") < 128 << 20
