#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares the decoding of pickled Bluesky events with Python's pickle.loads: compare_documents.py [DOCUMENT_BENCH]

Both sides are first checked to read the same, then measured in turn; of all repetitions the least time counts, because
everything else that the machine does only adds to it. Times are processor time and include freeing the document.
"""

import json
import pickle
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path

import event_model
import numpy as np

REPEATS = 7
NAMES = [f"detector_stats{i}_total" for i in range(1, 6)] + [
    "motor_x", "motor_x_user_setpoint", "motor_y", "motor_y_user_setpoint", "ring_current", "temperature", "pressure",
    "i0_mean", "diode_mean", "energy", "slit_top", "slit_bottom", "slit_inboard", "slit_outboard", "shutter_status"]


def event(names, number=float, **more):
    """An event as bluesky makes it: the same texts are the keys of its data and of its timestamps."""
    run = event_model.compose_run()
    data = {name: number(0.1 + i) for i, name in enumerate(names)} | more
    keys = {name: {"source": "bench", "dtype": "number", "shape": []} for name in data}
    stream = run.compose_descriptor(name="primary", data_keys=keys)
    return dict(stream.compose_event(data=data, timestamps={name: 1.7e9 + i / 7 for i, name in enumerate(data)}))


def events():
    """What is measured, by name."""
    yield "10 readings", event(NAMES[:10])
    yield "15 readings", event(NAMES[:15])
    yield "20 readings", event(NAMES)
    yield "15 readings, np.float64", event(NAMES[:15], np.float64)
    yield "5 readings, 4-megapixel image", event(NAMES[:5], image=np.zeros((2000, 2000), np.uint16))


def ours(program, path):
    """The record that Google Benchmark makes of one benchmark."""
    command = [program, path, "--benchmark_format=json", "--benchmark_min_time=0.2"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (record,) = json.loads(text)["benchmarks"]
    return record


def theirs(payload):
    timer = timeit.Timer("loads(payload)", timer=time.process_time, globals={"loads": pickle.loads, "payload": payload})
    count, _ = timer.autorange()
    return min(timer.repeat(3, count)) / count * 1e9


def compare(program, name, document, folder):
    path = Path(folder) / "event.pkl"
    payload = pickle.dumps(document, protocol=4)
    path.write_bytes(payload)
    text = subprocess.run([program, "--decode", path], check=True, capture_output=True, text=True).stdout
    expected = json.dumps(document, cls=event_model.NumpyEncoder)
    if json.loads(text) != json.loads(expected):
        sys.exit(f"{name}: what is read differs from what Python reads")
    python, records = [], []
    for _ in range(REPEATS):
        python.append(theirs(payload))
        records.append(ours(program, path))
    annulus = [record["cpu_time"] for record in records]
    return {"what": name, "bytes": len(payload), "python_ns": min(python), "annulus_ns": min(annulus),
            "ratio": min(python) / min(annulus), "allocated_bytes": int(records[0]["allocated_bytes"]),
            "repetitions": {"python_ns": python, "annulus_ns": annulus}}


def verdict(row):
    """What is wanted of a row, and whether it is so."""
    if "image" in row["what"]:
        return "< 64 KiB allocated", row["allocated_bytes"] < 64 * 1024
    if "np.float64" in row["what"]:
        return "", True
    return ">= 3 times", row["ratio"] >= 3


def main():
    root = Path(__file__).resolve().parent.parent
    program = sys.argv[1] if len(sys.argv) > 1 else root / "build/release/document_bench"
    print("| event | bytes | pickle.loads ns | annulus ns | ratio | allocated | wanted | verdict |\n"
          "|---|---|---|---|---|---|---|---|")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, document in events():
            row = compare(program, name, document, folder)
            wanted, good = verdict(row)
            rows.append(row | {"wanted": wanted, "good": good})
            print(f"| {name} | {row['bytes']} | {row['python_ns']:.0f} | {row['annulus_ns']:.0f} | {row['ratio']:.2f} | "
                  f"{row['allocated_bytes']} | {wanted} | {'good' if good else 'MISSED'} |", flush=True)
    results = root / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "documents.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
