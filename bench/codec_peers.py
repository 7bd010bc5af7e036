#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares detectors/codec with LZ4 alone, with hdf5plugin's filter and with reading through h5py: codec_peers.py [CODEC_BENCH]

All decode the same chunks, which hdf5plugin has packed (or a detector), into memory that is there already, and are first
checked to give the same pixels. Then they are measured in turn; of all turns the least processor time counts, because
everything else that the machine does only adds to it. Writes bench/results/codec.json.
"""

import ctypes
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT.parent / "shared/data/stream_eiger1_4m_v1/streamfile_12"
TURNS = 7
CALLS = 10
BLOCK = 8192  # bytes
COLUMNS = {"lz4": "LZ4 alone", "decode": "annulus", "filter": "hdf5plugin's filter", "h5py": "h5py", "encode": "annulus packs",
           "pack": "hdf5plugin packs"}
SETS = ("AVX2", "SSE4")  # the vector instructions of older processors
WANTED = {"lz4": 2, "filter": 0.5, "h5py": 0.5}  # at most that many times as long


class Chunk:
    """One chunk in an HDF5 file in memory, and its pixels."""

    filters = ctypes.CDLL(hdf5plugin.get_config().registered_filters["bshuf"])

    def __init__(self, name, shape, pixels=None, packed=None):
        self.name = name
        self.file = h5py.File(f"{name}.h5", "w", driver="core", backing_store=False)
        self.dataset = self.file.create_dataset("frame", shape, "<u2", chunks=shape, **hdf5plugin.Bitshuffle(cname="lz4"))
        if packed is None:
            self.dataset[...] = pixels
        else:
            self.dataset.id.write_direct_chunk((0, 0), packed)
        self.packed = np.frombuffer(self.dataset.id.read_direct_chunk((0, 0))[1], np.uint8)
        self.pixels = self.dataset[...]
        self.room = np.empty_like(self.pixels)
        self.packed_room = np.empty(2 * self.pixels.nbytes, np.uint8)

    def h5py(self):
        """HDF5's whole way: find the chunk, unpack it into memory of its own, copy that."""
        self.dataset.read_direct(self.room)

    def filter(self):
        """The function that hdf5plugin's filter calls, on bytes in memory. It trusts them."""
        self.call("bshuf_decompress_lz4", self.packed.ctypes.data + 12, self.room.ctypes.data)

    def pack(self):
        self.call("bshuf_compress_lz4", self.pixels.ctypes.data, self.packed_room.ctypes.data)

    def call(self, function, source, target):
        function = getattr(self.filters, function)
        function.restype = ctypes.c_int64
        sizes = (ctypes.c_size_t(n) for n in (self.pixels.size, 2, BLOCK // 2))
        if function(ctypes.c_void_p(source), ctypes.c_void_p(target), *sizes) < 0:
            sys.exit(f"{self.name}: hdf5plugin's filter refuses the chunk")

    def check(self):
        for read in (self.h5py, self.filter):
            self.room[...] = 0
            read()
            if not np.array_equal(self.room, self.pixels):
                sys.exit(f"{self.name}: {read.__name__} reads other pixels")


def chunks():
    if RECORDED.is_file():
        yield Chunk("EIGER1_4M_recorded", (2167, 2070), packed=RECORDED.read_bytes())
    else:
        print(f"(no recorded frame: there is no {RECORDED})")
    random = np.random.default_rng(4)
    for counts in (0.05, 5, 50):
        yield Chunk(f"{counts}_counts_a_pixel", (2162, 2068), random.poisson(counts, (2162, 2068)))


def milliseconds(function):
    start = time.thread_time_ns()
    for _ in range(CALLS):
        function()
    return (time.thread_time_ns() - start) / CALLS / 1e6


def annulus(program, folder, names):
    """(what, name) -> milliseconds of processor time a frame; ("one" or "two", name) -> of wall time, with so many threads."""
    command = [program, "--benchmark_format=json", "--benchmark_min_time=0.05", *(folder / name for name in names)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    times = {}
    for record in json.loads(text)["benchmarks"]:
        what, name, *rest = record["name"].split("/")
        if what == "threads":
            times["two" if "threads:2" in rest else "one", name] = record["real_time"] / 1e6
        else:
            times[what, name] = record["cpu_time"] / 1e6
    return times


def measure(program, chunks):
    """(what, name) -> the least of all turns."""
    turns = []
    with tempfile.TemporaryDirectory() as folder:
        for chunk in chunks:
            chunk.check()
            chunk.packed.tofile(Path(folder) / f"{chunk.name}.bslz4")
            chunk.pixels.tofile(Path(folder) / f"{chunk.name}.raw")
        for _ in range(TURNS):
            turns.append(annulus(program, Path(folder), [chunk.name for chunk in chunks]))
            for chunk in chunks:
                turns[-1] |= {(f.__name__, chunk.name): milliseconds(f) for f in (chunk.h5py, chunk.filter, chunk.pack)}
    return {key: min(turn[key] for turn in turns) for key in turns[0]}


def print_table(rows):
    """The first row is the head."""
    for i, row in enumerate(rows):
        print("| " + " | ".join(row) + " |" + ("\n" + "|---" * len(row) + "|" if i == 0 else ""))


def compare(times, names):
    """Rows of the table: decoding against the peers."""
    ratios = [f"annulus / {COLUMNS[peer]}" for peer in WANTED]
    yield ["milliseconds a frame", *COLUMNS.values(), *(f"{ratio} (<= {n})" for ratio, n in zip(ratios, WANTED.values())), "verdict"]
    for name in names:
        ratios = {peer: times["decode", name] / times[peer, name] for peer in WANTED}
        good = all(ratios[peer] <= wanted for peer, wanted in WANTED.items())
        cells = [*(times[what, name] for what in COLUMNS), *ratios.values()]
        yield [name.replace("_", " "), *(f"{cell:.2f}" for cell in cells), "good" if good else "MISSED"]


def vary(times, names):
    """Rows of the table: decoding on other processors, and with two threads."""
    yield ["annulus / LZ4 alone", "here", *SETS, "two threads, times one"]
    for name in names:
        cells = [*(times[what, name] / times["lz4", name] for what in ("decode", *SETS)), times["one", name] / times["two", name]]
        yield [name.replace("_", " "), *(f"{cell:.2f}" for cell in cells)]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/codec_bench"
    all_chunks = list(chunks())
    times = measure(program, all_chunks)
    names = [chunk.name for chunk in all_chunks]
    print_table(compare(times, names))
    print()
    print_table(vary(times, names))
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "codec.json").write_text(json.dumps({"/".join(key): ms for key, ms in times.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
