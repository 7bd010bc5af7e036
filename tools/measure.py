#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures the whole way of a frame, file to file: read, integrate (bbox, Poisson), write. measure.py [ANNULUS]

Each detector is replayed with few and with many frames; the difference leaves out what is done once a run. Processor
time is given, because it hardly depends on what else the machine does. Needs numpy.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

DETECTORS = {"Pilatus300k": (619, 487), "Pilatus2M": (1679, 1475), "Eiger2_4M": (2162, 2068)}
FEW, MANY, REPEATS = 10, 40, 3
PONI = """poni_version: 2.1
Detector: {name}
Detector_config: {{}}
Distance: 0.25
Poni1: {poni1}
Poni2: {poni2}
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: 3e-11
"""
CONFIG = """version: 1
service: {{name: measure, http: off}}
sources: {{raw: {{type: replay, file: frames.npy}}}}
operators: {{integrate: {{type: integrate1d, in: raw, poni: geometry.poni, error_model: poisson}}}}
sinks: {{file: {{type: nexus_file, in: integrate, directory: out, name: "{{uid}}.nxs"}}}}
"""


def used():
    """Processor time of all programs that were run so far [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seconds(program, folder, frames, count):
    """Processor time for `count` frames: the least of several runs [s]."""
    np.save(folder / "frames.npy", frames[np.arange(count) % len(frames)])
    (folder / "config.yaml").write_text(CONFIG.format())
    best = float("inf")
    for _ in range(REPEATS):
        begun = used()
        subprocess.run([program, "replay", folder / "frames.npy", "--config", folder / "config.yaml"], check=True,
                       capture_output=True)
        best = min(best, used() - begun)
    return best


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/annulus").resolve()
    print("| detector | pixels | ms a frame, one core |\n|---|---|---|")
    for name, shape in DETECTORS.items():
        frames = np.random.default_rng(0).poisson(10, (4, *shape)).astype(np.int32)
        pixel = {"P": 172e-6, "E": 75e-6}[name[0]]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            poni1, poni2 = (pixel * n / 2 for n in shape)
            (folder / "geometry.poni").write_text(PONI.format(name=name, poni1=poni1, poni2=poni2))
            few, many = (seconds(program, folder, frames, count) for count in (FEW, MANY))
        print(f"| {name} | {shape[0] * shape[1]:,} | {1000 * (many - few) / (MANY - FEW):.1f} |", flush=True)


if __name__ == "__main__":
    main()
