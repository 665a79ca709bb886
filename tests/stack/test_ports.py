from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from stack.errors import StackError
from stack.folder import StackFolder
from stack.ports import FREE_RANGE, LOOPBACK, PortBook, holder, is_free


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_the_holder_of_a_busy_port_is_named_by_process_and_command(busy_port: int) -> None:
    assert not is_free(busy_port)
    assert f"pid {os.getpid()}: " in holder(busy_port)
    assert "python" in holder(busy_port)


def test_a_busy_port_that_was_asked_for_is_an_error_that_names_setting_and_holder(
    folder: StackFolder, busy_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_KAFKA_PORT", str(busy_port))
    with pytest.raises(StackError) as error:
        PortBook(folder).claim("kafka")
    assert f"TANDEM_KAFKA_PORT={busy_port} is busy" in str(error.value)
    assert f"pid {os.getpid()}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("asked", ["", "0", "65536", "http", "-1"])
def test_what_is_no_port_is_refused_and_an_empty_setting_is_none(
    folder: StackFolder, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_KAFKA_PORT", asked)
    if asked == "":
        assert PortBook(folder).claim("kafka") in FREE_RANGE
        return
    with pytest.raises(StackError, match="expected a port from 1 to 65535"):
        PortBook(folder).claim("kafka")


def test_a_restarted_engine_keeps_its_port(folder: StackFolder) -> None:
    first = PortBook(folder).claim("mongo")
    assert PortBook(folder).claim("mongo") == first


def test_a_port_that_somebody_took_meanwhile_is_left_to_them_and_the_move_is_told(
    folder: StackFolder,
) -> None:
    with socket.socket() as server:
        first = PortBook(folder).claim("mongo")
        server.bind((LOOPBACK, first))
        server.listen()
        book = PortBook(folder)
        assert book.claim("mongo") != first
        assert f"port {first} is busy (held by pid {os.getpid()}" in book.moved[0]


def test_no_port_is_given_out_twice(folder: StackFolder) -> None:
    book = PortBook(folder)
    names = ["kafka", "kafka_controller", "postgres", "mongo", "flink", "flink_rpc", "prometheus"]
    assert len({book.claim(name) for name in names}) == len(names)
