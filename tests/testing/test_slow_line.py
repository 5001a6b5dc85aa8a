"""A slow line carries what it is given, late and in turn."""

from __future__ import annotations

import socket
import threading
import time

from pycornerstone.testing.slow_line import SlowLine


def far_end(data: bytes):
    """Give the port of a server that sends this to who says something, and its thread."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listening:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1)
                connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    return listening.getsockname()[1], thread


def received(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"?")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def port_of(line: SlowLine) -> int:
    return int(line.address.rpartition(":")[2])


def test_all_of_it_comes_in_turn_and_no_faster_than_the_line_carries():
    data = bytes(range(256)) * 1000
    port, thread = far_end(data)
    with SlowLine(port, megabits_per_second=20, round_trip_s=0.06) as line:
        start = time.monotonic()
        found = received(port_of(line))
        took = time.monotonic() - start
        assert line.bytes_carried == len(data)
    thread.join()

    assert found == data
    # 256,000 bytes at 2,500,000 a second, after 60 ms there and back.
    assert took >= 0.06 + 0.1024


def test_where_nobody_answers_the_connection_ends():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with SlowLine(port) as line:
        assert received(port_of(line)) == b""
