"""A gateway that is killed in the middle of its work."""

import threading

from peers import share


def kill_while_posting(gateway, peer, count: int, enough: int) -> dict[str, str]:
    """Posts that many shares of the peer over four connections and kills the gateway once `enough` of them are
    answered with 201; the secrets of all that were, by `providerId`."""
    waiting = [share(peer) for _ in range(count)]
    answered: dict[str, str] = {}
    reached, lock = threading.Event(), threading.Lock()

    def post():
        try:
            with gateway.connect() as connection:
                while True:
                    with lock:
                        if not waiting:
                            return
                        sent = waiting.pop()
                    secret = sent["protocol"]["webdav"]["sharedSecret"]
                    gateway.evidence.hide(secret)
                    response = gateway.post(peer, "/ocm/shares", sent, connection=connection)
                    if response.status == 201:
                        with lock:
                            answered[sent["providerId"]] = secret
                            if len(answered) >= enough:
                                reached.set()
        except Exception:
            return  # the kill

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert reached.wait(60), f"{len(answered)} of {enough}\n{gateway.log()[-2000:]}"
    gateway.kill()
    for thread in threads:
        thread.join()
    return answered
