#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares operators/stream with Streamz, and checks what else is wanted of it: compare.py [STREAM_BENCH]

Both sides are first checked to give the same outputs, then measured in turn; of all repetitions the least time counts,
because everything else that the machine does only adds to it. Writes bench/results/stream.json.
"""

import json
import subprocess
import sys
from pathlib import Path

import streamz_bench

REPEATS = 5
RATIOS = {"maps": 100, "accumulates": 50, "zip_diamond": 50, "zip_sources": 50, "combine_latest": 50,
          "sliding_window": 40}  # wanted, times faster than Streamz
CHECKED = 1000  # elements


def annulus(program, name):
    """The record that Google Benchmark makes of one benchmark."""
    command = [program, f"--benchmark_filter=^{name}(/|$)", "--benchmark_format=json"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (record,) = json.loads(text)["benchmarks"]
    return record


def nanoseconds(program, name):
    return 1e9 / annulus(program, name)["items_per_second"]


def check_outputs(program):
    text = subprocess.run([program, "--outputs", str(CHECKED)], check=True, capture_output=True, text=True).stdout
    for name, numbers in json.loads(text).items():
        if numbers != streamz_bench.outputs(name, CHECKED):
            sys.exit(f"{name}: the outputs differ (the chains do not do the same) correct bench/")


def compare(program):
    """Rows of the table for chains that Streamz has too."""
    times = {name: ([], []) for name in RATIOS}
    for _ in range(REPEATS):
        for name, (theirs, ours) in times.items():
            theirs.append(streamz_bench.nanoseconds(name))
            ours.append(nanoseconds(program, name))
    for name, (theirs, ours) in times.items():
        ratio = min(theirs) / min(ours)
        yield {"what": name, "streamz_ns": min(theirs), "annulus_ns": min(ours), "value": ratio, "unit": "times",
               "wanted": f">= {RATIOS[name]}", "good": ratio >= RATIOS[name],
               "repetitions": {"streamz_ns": theirs, "annulus_ns": ours}}


def measure(program):
    """Rows for what Streamz does not have."""
    def row(what, value, unit, limit, good):
        return {"what": what, "value": value, "unit": unit, "wanted": limit, "good": good}

    hop = min(nanoseconds(program, "buffer") for _ in range(REPEATS))
    yield row("thread hop, buffer(64)", hop, "ns", "<= 1000", hop <= 1000)
    runs = ("parallel_map/1", "parallel_map/2", "threads/1", "threads/2")
    turns = [[nanoseconds(program, name) for name in runs] for _ in range(2 * REPEATS)]
    one, two, bare_one, bare_two = (min(times) for times in zip(*turns))
    what = f"parallel_map, 2 workers (bare threads: {bare_one / bare_two:.2f})"
    yield row(what, one / two, "times 1", ">= 1.8", one / two >= 1.8)
    for payload in ("int", "block"):
        count = annulus(program, f"allocations_{payload}")["per_element"]
        yield row(f"allocations, {payload}", count, "each", "0", count == 0)
    growth = annulus(program, "memory")["bytes"] / 1e6
    yield row("memory, 1 to 10 million", growth, "MB", "< 1", growth < 1)


def main():
    root = Path(__file__).resolve().parent.parent
    program = sys.argv[1] if len(sys.argv) > 1 else root / "build/release/stream_bench"
    check_outputs(program)
    rows = []
    print("| chain | streamz ns | annulus ns | value | wanted | verdict |\n|---|---|---|---|---|---|")
    for rows_of in (compare, measure):
        for row in rows_of(program):
            rows.append(row)
            times = " | ".join(f"{row[key]:.0f}" if key in row else "" for key in ("streamz_ns", "annulus_ns"))
            verdict = "good" if row["good"] else "MISSED"
            print(f"| {row['what']} | {times} | {row['value']:.3g} {row['unit']} | {row['wanted']} | {verdict} |", flush=True)
    results = root / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "stream.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
