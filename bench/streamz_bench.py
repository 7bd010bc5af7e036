# SPDX-License-Identifier: BSD-3-Clause
"""The chains of bench/stream_bench.cpp in Streamz: what comes out of them, and the time that an element takes."""

import time
from collections import deque

from streamz import Stream
from streamz.core import RefCounter


class Direct:
    """Where RefCounter sends its callbacks: called at once, which is quicker than the thread of an event loop."""

    @staticmethod
    def add_callback(callback):
        callback()


def add_one(x):
    return x + 1


def add(a, b):
    return (a + b) & 0xFFFF


def maps(a, b):
    for _ in range(10):
        a = a.map(add_one)
    return a


def accumulates(a, b):
    for _ in range(5):
        a = a.accumulate(add, start=0)
    return a


def zip_diamond(a, b):
    return a.map(add_one).zip(a.map(add_one))


def zip_sources(a, b):
    return a.map(add_one).zip(b.map(add_one))


def combine_latest(a, b):
    return a.combine_latest(b)


def sliding_window(a, b):
    return a.sliding_window(5, return_partial=False)


CHAINS = {f.__name__: f for f in (maps, accumulates, zip_diamond, zip_sources, combine_latest, sliding_window)}


class Chain:
    def __init__(self, name, take):
        self.a, self.b = Stream(), Stream()
        self.acknowledged = 0
        self.end = CHAINS[name](self.a, self.b)
        self.sink = self.end.sink(take)
        self.emit = self.emit_both if name in ("zip_sources", "combine_latest") else self.a.emit
        if name == "sliding_window":
            self.emit = self.emit_counted

    def emit_both(self, x):
        self.a.emit(x)
        self.b.emit(x)

    def emit_counted(self, x):
        self.a.emit(x, metadata=[{"ref": RefCounter(cb=self.acknowledge, loop=Direct)}])

    def acknowledge(self):
        self.acknowledged += 1


def outputs(name, count):
    """The numbers that come out for 0 to count - 1, rows flattened."""
    rows = []
    chain = Chain(name, rows.append)
    for x in range(count):
        chain.emit(x)
    return [x for row in rows for x in (row if isinstance(row, tuple) else (row,))]


def nanoseconds(name, count=30_000):
    """Processor time for one element [ns]."""
    chain = Chain(name, deque(maxlen=1).append)
    emit = chain.emit
    begun = time.process_time()
    for x in range(count):
        emit(x)
    return 1e9 * (time.process_time() - begun) / count
