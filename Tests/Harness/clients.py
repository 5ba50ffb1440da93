"""Clients that go on asking."""

import threading
import time


class Clients:
    """Clients that ask as long as they may, and what went wrong for them.

    Half of them stay connected; the others come anew every few requests.
    """

    def __init__(self, gateway, number=8):
        self.gateway, self.failures, self.served = gateway, [], 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(place % 2 == 0,), daemon=True)
                         for place in range(number)]
        for thread in self._threads:
            thread.start()

    def _ask(self, stays: bool):
        connection, count = None, 0
        while not self._stop.is_set():
            try:
                connection = connection or self.gateway.connect(timeout=60)
                response = self.gateway.request("GET", "/a", connection=connection)
                if response.status != 200:
                    self.failures.append(response.status)
                self.served += 1
                count += 1
                if response.get("connection") == "close" or not stays and count % 8 == 0:
                    connection.close()
                    connection = None
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                self.failures.append(repr(error))
                connection = None

    def let(self, number: int) -> None:
        """Until so many more have been served."""
        end, deadline = self.served + number, time.monotonic() + 60
        while self.served < end and not self.failures:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def end(self) -> list:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        return self.failures
