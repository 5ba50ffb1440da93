"""A network namespace in which every address is this machine and nothing can leave, with a name
server of the test's own. What would have left is seen as packets."""

import ctypes
import os
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class NotPermitted(Exception):
    """This machine lets nobody make namespaces."""


class Namespace:
    """The calling thread, and all that it starts, is in it until `leave`."""

    def __init__(self):
        self._before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if _libc.unshare(CLONE_NEWNET) != 0:
            os.close(self._before)
            raise NotPermitted(os.strerror(ctypes.get_errno()))
        try:
            # Every address is local: a packet that goes anywhere arrives here, and is seen.
            for arguments in ("link set lo up", "route add local default dev lo",
                              "-6 route add local default dev lo"):
                subprocess.run(["ip", *arguments.split()], check=True, capture_output=True)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        if _libc.setns(self._before, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot go back to the network from before")
        os.close(self._before)


class Watch:
    """The TCP connections that anybody in the namespace begins: (address, port) of each SYN."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self._socket.bind(("lo", 3))
        self._socket.settimeout(0.2)
        self._lock = threading.Lock()
        self._seen: list[tuple[str, int]] = []
        self._runs = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while self._runs:
            try:
                packet, (_, protocol, kind, _, _) = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            if kind == socket.PACKET_OUTGOING:
                continue  # the same packet is seen coming in
            found = self._syn(packet, protocol)
            if found:
                with self._lock:
                    self._seen.append(found)

    @staticmethod
    def _syn(packet: bytes, protocol: int) -> tuple[str, int] | None:
        if protocol == 0x0800 and packet[9] == 6:
            start = (packet[0] & 15) * 4
            to = socket.inet_ntop(socket.AF_INET, packet[16:20])
        elif protocol == 0x86DD and packet[6] == 6:
            start, to = 40, socket.inet_ntop(socket.AF_INET6, packet[24:40])
        else:
            return None
        if packet[start + 13] & 0x12 != 0x02:
            return None
        return to, struct.unpack("!H", packet[start + 2:start + 4])[0]

    def take(self, but=()) -> list[tuple[str, int]]:
        """What began since the last call, without connections to the ports `but`."""
        time.sleep(0.05)
        with self._lock:
            seen, self._seen = self._seen, []
        return [each for each in seen if each[1] not in but]

    def stop(self) -> None:
        self._runs = False
        self._thread.join()
        self._socket.close()


A, CNAME, AAAA = 1, 5, 28


class NameServer:
    """Answers on 127.0.0.1:53 of the namespace. `zone` gives by name a list of addresses, a name to
    go on with, or a function of the question's number that gives such, bytes, or None for silence."""

    def __init__(self):
        self.zone: dict[str, object] = {}
        self.asked: list[str] = []
        # Of names that end so, nothing is said.
        self.silent: tuple[str, ...] = ()
        self._counts: dict[tuple[str, int], int] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._socket.close()

    def wrapper(self, folder: Path, more: str = "") -> list[str]:
        """What a program is started with so that it asks this server and no other."""
        file = folder / "resolv.conf"
        file.write_text(f"nameserver 127.0.0.1\noptions timeout:1 attempts:1\n{more}")
        return ["unshare", "-m", "sh", "-c",
                'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(file)]

    def _serve(self) -> None:
        while True:
            try:
                question, client = self._socket.recvfrom(4096)
            except OSError:
                return
            try:
                told = self._answer(question)
                if told is not None:
                    self._socket.sendto(told, client)
            except (OSError, IndexError, ValueError):
                continue

    def _answer(self, question: bytes) -> bytes | None:
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        end = at + 5
        kind = struct.unpack("!H", question[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append(name)
        if name.endswith(self.silent):
            return None
        count = self._counts[name, kind] = self._counts.get((name, kind), 0) + 1
        records = self.zone.get(name)
        if callable(records):
            records = records(count)
            if records is None:
                return None
        if isinstance(records, bytes):
            return question[:2] + records
        if records is None:
            return question[:2] + b"\x81\x83\x00\x01" + b"\x00" * 6 + question[12:end]
        answers = []
        if isinstance(records, str):
            target = b"".join(bytes([len(part)]) + part.encode() for part in records.split("."))
            answers.append(self._record(CNAME, target + b"\x00"))
            # The name goes on by itself: a resolver takes the addresses beside it.
            records = self.zone.get(records) or []
            shape = target + b"\x00"
        else:
            shape = b"\xc0\x0c"
        for address in records:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if (family == socket.AF_INET6) == (kind == AAAA) and kind in (A, AAAA):
                answers.append(self._record(kind, socket.inet_pton(family, address), shape))
        return (question[:2] + b"\x81\x80\x00\x01" + struct.pack("!H", len(answers)) + b"\x00" * 4
                + question[12:end] + b"".join(answers))

    @staticmethod
    def _record(kind: int, data: bytes, name: bytes = b"\xc0\x0c") -> bytes:
        return name + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


class Everywhere:
    """A listener on a port of every address: who connects is written down and cut off."""

    def __init__(self, port: int):
        self.port = port
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("::", port))
        self._socket.listen(64)
        self.reached: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.reached.append(connection.getsockname()[0])
            connection.close()

    def stop(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
