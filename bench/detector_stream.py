#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pushes series of a simulated EIGER2 4M over loopback, to a sink that drops them and through the service: detector_stream.py [ANNULUS]

The simulator sends as fast as its messages are taken. Rates are wall time from the trigger to the last frame taken or
written, the best of three series; processor time is that of each process (/proc), from the same series. Fails unless
every frame of every series has been written. Writes bench/results/detector_stream.json.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import zmq

ROOT = Path(__file__).resolve().parent.parent
FRAMES, SERIES, DISTINCT = 400, 3, 8
VERSIONS = ("1", "2")
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """version: 1
service: {{name: bench, http: 127.0.0.1:0}}
sources: {{eiger: {{type: simplon, connect: {endpoint}, connections: 2}}}}
operators:
  integrate: {{type: integrate1d, in: eiger, from_header: [geometry, mask], bins: 1000, error_model: poisson, workers: 2}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processor_seconds(pid):
    """Time that the process has used so far, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def ask(url, method="GET", value=None):
    body = None if value is None else json.dumps({"value": value}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=600) as reply:
        return json.loads(reply.read() or b"null")


class Program:
    """A program that says where its HTTP server listens."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        for line in self.process.stdout:
            if found := re.search(r"http://[\d.]+:\d+/", line):
                self.url = found[0]
                return
        sys.exit(f"{command[1]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=60)

    @property
    def pid(self):
        return self.process.pid


class Simulator(Program):
    def __init__(self, annulus, endpoint, version):
        super().__init__(annulus, "simulate", "simplon", "--version", version, "--bind", endpoint, "--rest", "127.0.0.1:0",
                         "--generate", "--detector", "Eiger2_4M", "--distinct", str(DISTINCT), "--rate", "0",
                         "--frames", str(FRAMES), "--wait", "60")
        self.command("initialize")

    def command(self, name):
        return ask(f"{self.url}detector/api/1.8.0/command/{name}", "PUT")


class Sink(Program):
    """Takes messages and drops them: this file, in a process of its own."""

    def __init__(self, endpoint):
        self.process = subprocess.Popen([sys.executable, __file__, "--sink", endpoint], stdout=subprocess.PIPE, text=True)

    def wait(self):
        """Until the series has ended; returns the bytes that came."""
        images, size = map(int, self.process.stdout.readline().split())
        if images != FRAMES:
            sys.exit(f"the sink got {images} of {FRAMES} frames")
        return size


def run_sink(endpoint):
    with zmq.Context() as context, context.socket(zmq.PULL) as receiver:
        receiver.rcvhwm = 100
        receiver.connect(endpoint)
        messages = size = 0
        while True:
            parts = receiver.recv_multipart(copy=False)
            messages += 1
            size += sum(len(part) for part in parts)
            if messages % (FRAMES + 2) == 0:
                print(messages - 2, size, flush=True)
                messages = size = 0


class Service(Program):
    def __init__(self, annulus, endpoint, folder):
        (folder / "bench.yaml").write_text(CONFIG.format(endpoint=endpoint))
        super().__init__(annulus, "serve", folder / "bench.yaml", cwd=folder)
        self.series = 0

    def wait(self):
        """Until the file of the series is complete; returns the bytes that came."""
        self.series += 1
        while (status := ask(self.url + "api/status"))["totals"]["written"] < self.series * FRAMES or not status["run"]["outcome"]:
            time.sleep(0.005)
            if status["run"] and status["run"]["outcome"] not in ("", "success"):
                sys.exit(f"the series ended as {status['run']['outcome']}")
        (source,) = status["sources"]
        if status["totals"]["lost"] or any(source["refused"].values()) or status["run"]["frames"]["written"] != FRAMES:
            sys.exit(f"frames were lost or refused: {status['run']['frames']}, {source['refused']}")
        return source["bytes"] // self.series


def measure(simulator, receiver):
    """The best of several series."""
    best = None
    for _ in range(SERIES):
        simulator.command("arm")
        used = processor_seconds(simulator.pid), processor_seconds(receiver.pid)
        begun = time.perf_counter()
        simulator.command("trigger")
        sent = time.perf_counter() - begun
        simulator.command("disarm")
        size = receiver.wait()
        seconds = time.perf_counter() - begun
        now = processor_seconds(simulator.pid), processor_seconds(receiver.pid)
        simulating, receiving = (after - before for after, before in zip(now, used))
        row = {"frames_per_s": FRAMES / seconds, "sent_s": sent, "seconds": seconds, "megabytes_per_frame": size / FRAMES / 1e6,
               "simulator_ms": 1e3 * simulating / FRAMES, "receiver_ms": 1e3 * receiving / FRAMES,
               "simulator_share": simulating / seconds, "receiver_share": receiving / seconds}
        if best is None or row["frames_per_s"] > best["frames_per_s"]:
            best = row
    return best


def main():
    annulus = str(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/annulus").resolve())
    rows = []
    print("| stream | to | frames/s | MB a frame | ms a frame: simulator | receiver | share of a core: simulator | receiver |\n"
          "|---|---|---|---|---|---|---|---|")
    for version in VERSIONS:
        for to in ("sink", "service"):
            with tempfile.TemporaryDirectory() as folder:
                endpoint = f"tcp://127.0.0.1:{free_port()}"
                with Simulator(annulus, endpoint, version) as simulator, \
                        (Sink(endpoint) if to == "sink" else Service(annulus, endpoint, Path(folder))) as receiver:
                    row = {"stream": f"V{version}", "to": to} | measure(simulator, receiver)
            rows.append(row)
            print(f"| {row['stream']} | {to} | {row['frames_per_s']:.0f} | {row['megabytes_per_frame']:.2f} | "
                  f"{row['simulator_ms']:.2f} | {row['receiver_ms']:.2f} | {row['simulator_share']:.0%} | "
                  f"{row['receiver_share']:.0%} |", flush=True)
    print(f"Every frame of every series ({SERIES} x {FRAMES} for each line) has been taken or written: none lost, none refused.")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "detector_stream.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    run_sink(sys.argv[2]) if sys.argv[1:2] == ["--sink"] else main()
