"""A small threaded HTTP/1.1 server: keep-alive, one thread per connection, every answer in one write.

One write matters: head and body in two packets cost some 40 ms a call where delayed acknowledgements meet Nagle.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from http import HTTPStatus
from urllib.parse import unquote

from storefront.sandbox.http import Handler, Request, Response

LARGEST_HEAD = 65_536
LARGEST_BODY = 8 * 1024 * 1024
IDLE_SECONDS = 75.0

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_RESET = struct.pack("ii", 1, 0)


class BadRequest(Exception):
    """What was sent is not HTTP we take; the connection is closed after an answer with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Listener:
    """Serves `handle` on one port until `stop`; the port is open once the constructor returns."""

    def __init__(self, bind: str, port: int, handle: Handler) -> None:
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        self._socket = socket.create_server((bind, port), family=family, backlog=512)
        self._handle = handle
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._accept, name="sandbox-accept", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port in use, also when 0 was asked for."""
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        """Close the port and every connection."""
        self._is_stopped = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                # The thread that serves it closes it; this only wakes that thread up.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._is_stopped:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                if self._is_stopped:
                    return
                time.sleep(0.05)  # out of file descriptors, most likely: wait for some to come back
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(IDLE_SECONDS)
            _Conversation(connection, self._handle).run()
        except OSError:
            pass  # the other side is gone, or we were stopped
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


class _Conversation:
    """The requests of one connection, one after the other."""

    def __init__(self, connection: socket.socket, handle: Handler) -> None:
        self._connection = connection
        self._handle = handle
        self._buffer = b""

    def run(self) -> None:
        """Answer until one side wants to close."""
        keep = True
        while keep:
            try:
                request = self._read()
            except BadRequest as bad:
                self._connection.sendall(_bytes(Response(bad.status), keep=False, with_body=True))
                return
            if request is None:
                return
            keep = request.headers.get("connection", "").lower() != "close"
            try:
                response = self._handle(request)
            except Exception as broken:
                response = Response(500, [("Content-Type", "text/plain")], f"the sandbox failed: {broken!r}".encode())
            if response.abort:
                self._abort(reset=response.reset)
                return
            data = _bytes(response, keep=keep, with_body=request.method != "HEAD")
            if response.drip:
                self._drip(data, response.drip)
            else:
                self._connection.sendall(data)

    def _read(self) -> Request | None:
        """The next request; None when the other side has closed. Raises BadRequest."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadRequest(431)
            piece = self._connection.recv(65_536)
            if not piece:
                return None
            self._buffer += piece
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        rest = self._buffer[end + 4 :]
        try:
            method, target, version = lines[0].split(" ")
            headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
            length = int(headers.get("content-length", "0"))
        except ValueError:
            raise BadRequest(400) from None
        if version not in ("HTTP/1.1", "HTTP/1.0") or length < 0:
            raise BadRequest(400)
        if "transfer-encoding" in headers:
            raise BadRequest(411)
        if length > LARGEST_BODY:
            raise BadRequest(413)
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if version == "HTTP/1.0":
            headers["connection"] = "close"
        body = self._body(rest, length)
        path, _, query = target.partition("?")
        return Request(method, unquote(path) if "%" in path else path, query, headers, body)

    def _body(self, rest: bytes, length: int) -> bytes:
        pieces, missing = [rest], length - len(rest)
        while missing > 0:
            piece = self._connection.recv(min(missing, 65_536))
            if not piece:
                raise ConnectionError("the body ended early")
            pieces.append(piece)
            missing -= len(piece)
        whole = b"".join(pieces)
        self._buffer = whole[length:]
        return whole[:length]

    def _abort(self, *, reset: bool) -> None:
        if reset:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _drip(self, data: bytes, pause: float) -> None:
        for at in range(len(data)):
            self._connection.sendall(data[at : at + 1])
            time.sleep(pause)


def _bytes(response: Response, *, keep: bool, with_body: bool) -> bytes:
    head = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"]
    head += [f"{name}: {value}" for name, value in response.headers]
    head.append(f"Content-Length: {len(response.body)}")
    if not keep:
        head.append("Connection: close")
    text = "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n"
    return text + response.body if with_body else text
