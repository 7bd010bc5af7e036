#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The whole way of a detector's frames on one machine, over the rate of the kernel alone: service_rate.py [--seconds S] [ANNULUS]

A simulated EIGER2 4M sends packed frames as fast as they are taken (`annulus simulate simplon`) to `annulus serve`, which
integrates them, writes patterns to a NeXus file and publishes them as Bluesky documents (PUB), which a subscriber counts.
The kernel alone (engine_bench, one thread, frames in memory, the same options) takes some processor time a frame, the
least of before and after; its rate on the cores that the simulator leaves is the measure. Fails unless every frame that
was sent is in the file and has been published. Writes bench/results/service_rate.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import zmq
from detector_stream import ROOT, Program, ask, free_port, processor_seconds
from engine_peers import GEOMETRY, write_set

DETECTOR, SHAPE, DISTINCT = "Eiger2 4M", (2162, 2068), 8
WANTED = 0.6
CORES = len(os.sched_getaffinity(0))
CONFIG = """version: 1
service: {{name: bench, http: 127.0.0.1:0}}
sources: {{eiger: {{type: simplon, connect: {endpoint}, connections: {connections}, unpack: late}}}}
operators:
  integrate: {{type: integrate1d, in: eiger, from_header: [mask], poni: geometry.poni, bins: 1000, error_model: poisson,
    polarization: 0.99, workers: {workers}}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
  pub: {{type: bluesky_pub, in: integrate, bind: "{published}"}}
"""


class Simulator(Program):
    def __init__(self, annulus, folder, endpoint):
        super().__init__(annulus, "simulate", "simplon", "--bind", endpoint, "--rest", "127.0.0.1:0", "--images",
                         folder / "frames.npy", "--poni", folder / "geometry.poni", "--rate", "0", "--wait", "60")
        self.command("initialize")

    def command(self, name):
        return ask(f"{self.url}detector/api/1.8.0/command/{name}", "PUT")

    def frames_of_series(self, count):
        ask(f"{self.url}detector/api/1.8.0/config/nimages", "PUT", count)


class Subscriber(Program):
    """Counts published events: this file, in a process of its own."""

    def __init__(self, endpoint):
        command = [sys.executable, __file__, "--subscribe", endpoint]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def events(self):
        """So far, since it was last asked, once there has been nothing for a while."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def subscribe(endpoint):
    with zmq.Context() as context, context.socket(zmq.SUB) as receiver:
        receiver.rcvhwm = 0
        receiver.subscribe(b"")
        receiver.connect(endpoint)
        poller = zmq.Poller()
        poller.register(receiver, zmq.POLLIN)
        poller.register(sys.stdin, zmq.POLLIN)
        events, asked = 0, False
        while True:
            ready = dict(poller.poll(500 if asked else None))
            if receiver in ready:
                events += receiver.recv(copy=False).buffer[:64].tobytes().lstrip().startswith(b"event ")
            elif sys.stdin.fileno() in ready and not asked:
                if not sys.stdin.readline():
                    return
                asked = True
            elif asked:
                print(events, flush=True)
                events, asked = 0, False


def kernel_milliseconds(program, folder):
    """Processor time of the kernel alone, one thread, sixteen packed frames that wait."""
    command = [program, folder, "1", "--benchmark_filter=^generated/queued", "--benchmark_format=json",
               "--benchmark_repetitions=3", "--benchmark_min_time=0.5"]
    records = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["benchmarks"]
    per_call = {"ns": 1e-6, "us": 1e-3, "ms": 1}
    return min(r["cpu_time"] * per_call[r["time_unit"]] / 16 for r in records if r.get("run_type") != "aggregate")


def series(simulator, service, subscriber, frames, data):
    """Sends one series; what became of it, and processor seconds of each process."""
    processes = {"simulator": simulator, "service": service, "subscriber": subscriber}
    simulator.frames_of_series(frames)
    before = ask(service.url + "api/status")["totals"]["written"]
    simulator.command("arm")
    used = {name: processor_seconds(process.pid) for name, process in processes.items()}
    begun = time.perf_counter()
    simulator.command("trigger")
    simulator.command("disarm")
    while ask(service.url + "api/status")["totals"]["written"] < before + frames:
        if time.perf_counter() - begun > 600:
            sys.exit("the frames do not arrive in the file")
        time.sleep(0.02)
    seconds = time.perf_counter() - begun
    used = {name: processor_seconds(process.pid) - used[name] for name, process in processes.items()}
    while not (status := ask(service.url + "api/status"))["run"]["outcome"]:
        time.sleep(0.02)
    (newest,) = sorted(data.glob("*.nxs"), key=lambda path: path.stat().st_mtime)[-1:]
    with h5py.File(newest) as file:
        states = file["entry/annulus/ledger/frame_state"][()]
    row = {"frames": frames, "seconds": seconds, "frames_per_s": frames / seconds, "outcome": status["run"]["outcome"],
           "written": int((states == 1).sum()), "lost": int((states != 1).sum()) + frames - len(states),
           "published": subscriber.events(),
           "share": {name: value / seconds for name, value in used.items()},
           "ms": {name: 1e3 * value / frames for name, value in used.items()}}
    if row["written"] != frames or row["lost"] or row["published"] != frames or row["outcome"] != "success":
        sys.exit(f"not every frame has come through: {row}")
    return row


def run(annulus, bench, seconds, workers, connections):
    image = np.random.default_rng(4).poisson(5, SHAPE).astype(np.uint16)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_set(folder / "generated", DETECTOR, SHAPE, pixels=image)
        (folder / "geometry.poni").write_text(GEOMETRY.format(detector=DETECTOR))
        np.save(folder / "frames.npy", np.stack([np.roll(image, 1009 * k) for k in range(DISTINCT)]))
        kernel = kernel_milliseconds(bench, folder)
        endpoint, published = (f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        (folder / "bench.yaml").write_text(CONFIG.format(endpoint=endpoint, published=published, workers=workers,
                                                         connections=connections))  # fmt: skip
        with Simulator(annulus, folder, endpoint) as simulator, \
                Program(annulus, "serve", folder / "bench.yaml", cwd=folder) as service, Subscriber(published) as subscriber:
            for frames in (200, 500):  # the first one makes the tables
                warm = series(simulator, service, subscriber, frames, folder / "data")
            row = series(simulator, service, subscriber, max(200, int(seconds * warm["frames_per_s"])), folder / "data")
        kernel = min(kernel, kernel_milliseconds(bench, folder))
    left = CORES - row["share"]["simulator"]
    row |= {"kernel_ms": kernel, "cores_left": left, "kernel_frames_per_s": 1e3 / kernel * left}
    return row | {"ratio": row["frames_per_s"] / row["kernel_frames_per_s"], "ratio_of_time": kernel / row["ms"]["service"]}


def main():
    if sys.argv[1:2] == ["--subscribe"]:
        return subscribe(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("annulus", nargs="?", default=ROOT / "build/release/annulus", type=Path)
    parser.add_argument("--seconds", type=float, default=10, help="of the series that is measured, about")
    parser.add_argument("--workers", type=int, default=CORES)
    parser.add_argument("--connections", type=int, default=1)
    options = parser.parse_args()
    annulus = options.annulus.resolve()
    row = run(annulus, annulus.parent / "engine_bench", options.seconds, options.workers, options.connections)
    print(f"{row['frames']} frames in {row['seconds']:.1f} s: {row['frames_per_s']:.0f} frames/s; sent {row['frames']}, written "
          f"{row['written']}, published {row['published']}, lost {row['lost']}")
    for name in row["share"]:
        print(f"  {name:10} {row['share'][name]:5.0%} of a core, {row['ms'][name]:6.2f} ms a frame")
    print(f"  kernel alone: {row['kernel_ms']:.2f} ms a frame on one core; on the {row['cores_left']:.2f} that the simulator "
          f"leaves {row['kernel_frames_per_s']:.0f} frames/s")
    for what, ratio in (("rate over the kernel's", row["ratio"]), ("processor time, kernel over service", row["ratio_of_time"])):
        print(f"  {what}: {ratio:.0%} (wanted {WANTED:.0%}: {'good' if ratio >= WANTED else 'MISSED'})")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "service_rate.json").write_text(json.dumps(row, indent=1) + "\n")


if __name__ == "__main__":
    main()
