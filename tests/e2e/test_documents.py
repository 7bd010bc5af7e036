# SPDX-License-Identifier: BSD-3-Clause
"""What our decoders read is what Python reads: documents of every kind, in every pickle protocol, msgpack and JSON."""

import collections
import datetime
import decimal
import json
import pickle
import struct
import subprocess

import event_model
import numpy as np
import pytest

from beamline import IMAGE_KEY, compose_every_kind
from test_live_run import CODECS

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
NUMBERS = ["bool", "u1", "i1", "<u2", ">u2", "<i2", ">i4", "<u4", "<u8", ">i8", "<f4", ">f4", "<f8", ">f8"]


@pytest.fixture(scope="session")
def read(build_dir):
    """read(payloads, serializer) yields what document_tool says of each, as it comes from JSON."""

    def run(payloads, serializer="auto"):
        framed = b"".join(struct.pack("<Q", len(payload)) + payload for payload in payloads)
        result = subprocess.run([build_dir / "document_tool", serializer], input=framed, capture_output=True, timeout=60)
        assert result.returncode == 0, result.stderr.decode()
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(answers) == len(payloads)
        return answers

    return run


def shown(value):
    """A value of Python as document_tool shows it."""
    if isinstance(value, np.ndarray):
        native = value.astype(value.dtype.newbyteorder("="), order="C")
        name = "uint8" if value.dtype == bool else native.dtype.name
        return {"dtype": name, "shape": list(value.shape), "hex": native.tobytes().hex()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes | bytearray):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    return value


def check(answers, values):
    for answer, value in zip(answers, values, strict=True):
        # As text, so that not-a-number equals itself and 3 does not equal 3.0.
        assert json.dumps(answer, sort_keys=True) == json.dumps({"value": shown(value)}, sort_keys=True), value


def arrays():
    """Arrays of every kind of number, in every order that numpy has of its own."""
    for name in NUMBERS:
        numbers = np.arange(24).astype(name).reshape(2, 3, 4)
        yield numbers
        yield np.asfortranarray(numbers)
        yield numbers.transpose(1, 2, 0)
        yield numbers.transpose(0, 2, 1)
        yield numbers[:, ::2, 1:3]
        yield numbers[::-1]
        yield numbers[0, 0]
        yield numbers[:, :1, :].T
        yield np.array(numbers[1, 2, 3])
        yield np.empty((0, 5), name)
        yield np.empty((3, 0), name, order="F")
        yield np.broadcast_to(numbers[0, 0], (3, 4))
        frozen = numbers.copy()
        frozen.setflags(write=False)
        yield frozen


def plain_values():
    text = "quote ' \" backslash \\ newline \n and \x00 \x1a ä € 🎉 \\u0041 \\"
    yield from (None, True, False, text, "", 1.5, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"))
    yield from (0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63), 2**64 - 1)
    yield from (b"", b"\x00\xff'\n", bytearray(b""), bytearray(b"\x80x"), b"x" * 300)
    yield from ([], (), {}, [1, [2, [3]]], (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), list(range(2500)))
    yield {str(i): i for i in range(2500)}
    yield collections.OrderedDict([("b", 1), ("a", collections.OrderedDict())])
    shared = ["shared", {"k": np.arange(3)}]
    yield {"one": shared, "two": shared, "three": (shared, shared)}
    for name in NUMBERS:
        yield {"scalar": np.array(7).astype(name)[()]}
    yield {"status": np.str_("moving ä🎉"), "empty": np.str_("")}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_array_and_value_reads_as_in_python(protocol, read):
    values = [*plain_values(), *arrays()]
    check(read([pickle.dumps(value, protocol) for value in values], "pickle"), values)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pickles_without_the_speed_of_c_read_the_same(protocol, read):
    # Python's own pickler writes a memo entry for every object, and other opcodes here and there.
    values = [*plain_values(), *arrays()]
    check(read([pickle._dumps(value, protocol) for value in values], "pickle"), values)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_not_data_is_refused_by_name(protocol, read):
    structured = np.zeros(3, [("a", "u2"), ("b", "f4")])
    refused = [1j, {1, 2}, frozenset([1]), datetime.datetime.now(), decimal.Decimal(1), range(3), 2**64, -(2**63) - 1,
               np.complex64(1), np.zeros(3, complex), structured, np.array(["a", "b"]), np.array([None]), np.bytes_(b"x"),
               np.datetime64("2026-01-01"), np.zeros(2, "M8[s]"), np.ma.zeros(3), np.float16(1), {1: "a"}, {None: 1},
               np.dtype("u2"), np.ndarray, print, "\ud800", collections.deque([1]), event_model.DocumentNames.start]
    for answer, value in zip(read([pickle.dumps(v, protocol) for v in refused], "pickle"), refused, strict=True):
        assert answer.get("error", "").startswith("pickle: "), (value, answer)


@pytest.mark.parametrize("serializer", CODECS)
def test_every_kind_of_document_reads_as_in_python(serializer, read):
    dumps, loads = CODECS[serializer]
    documents = compose_every_kind(np.arange(12, dtype="u2").reshape(3, 4))
    assert {name for name, _ in documents} == {kind.name for kind in event_model.DocumentNames}
    payloads = [dumps(document) for _, document in documents]
    check(read(payloads, "auto"), [loads(payload) for payload in payloads])
    check(read(payloads, serializer), [loads(payload) for payload in payloads])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_is_recognised(protocol, read):
    documents = [document for _, document in compose_every_kind(np.arange(12, dtype=">i4").reshape(3, 4, order="F"))]
    check(read([pickle.dumps(document, protocol) for document in documents], "auto"), documents)


def test_an_array_of_msgpack_reads_as_in_python(read):
    dumps, loads = CODECS["msgpack"]
    values = [{IMAGE_KEY: array} for array in arrays()]
    payloads = [dumps(value) for value in values]
    check(read(payloads, "msgpack"), [loads(payload) for payload in payloads])
