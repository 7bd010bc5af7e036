#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares operators/kernels with the newest pyFAI, LZ4, a sparse matrix and reading memory: engine_peers.py [ENGINE_BENCH]

Frames of an EIGER2 4M with 5 counts a pixel (and one recorded from an EIGER 4M, where there is one), 1000 bins, solid
angle, polarization, Poisson errors, two threads each. Both sides are first checked to give the same numbers, then measured
in turn, in wall time; of all turns the least counts. pyFAI may use whichever of its methods for processors is the
quickest. Writes bench/results/engine.json.
"""

import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pyFAI

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT.parent / "shared/data/stream_eiger1_4m_v1/streamfile_12"
TURNS = 3
CALLS = 3
METHODS = {"no": ("csr", "histogram"), "bbox": ("csr", "lut", "csc", "histogram"), "full": ("csr", "csc"),
           "cake": ("csr", "csc", "histogram")}
CLIPPING = ("poisson", "azimuthal", "hybrid")
GEOMETRY = """poni_version: 2.1
Detector: {detector}
Detector_config: {{"orientation": 3}}
Distance: 0.2
Poni1: 0.085
Poni2: 0.072
Rot1: 0.01
Rot2: -0.02
Rot3: 0
Wavelength: 1e-10
"""
# what, which time, divided by which: the least ratio wanted
FASTER = [
    ("single frame, no", "pyfai/no", "no/single", 80), ("single frame, bbox", "pyfai/bbox", "bbox/single", 60),
    ("single frame, full", "pyfai/full", "full/single", 60), ("16 frames, no", "pyfai/no", "no/queued", None),
    ("16 frames, bbox", "pyfai/bbox", "bbox/queued", 120), ("16 frames, full", "pyfai/full", "full/queued", 120),
    ("cake of 1000 x 360", "pyfai/cake", "cake/single", 30),
    *((f"outliers clipped, {model}", f"pyfai/clip/{model}", f"clip/{model}", 20) for model in CLIPPING),
    ("geometry to first pattern, no", "first/no", "ready/no", 10), ("geometry to first pattern, bbox", "first/bbox", "ready/bbox", 10),
    ("geometry to first pattern, full", "first/full", "ready/full", 10),
]  # fmt: skip
# what, which time, divided by which: the largest ratio wanted
SLOWER = [
    *((f"{kind}, {way}, over reading memory", f"{kind}/{way}", "memory", None) for kind in ("no", "bbox", "full") for way in ("single", "queued")),
    ("bbox, single, over the matrix", "bbox/single", "csr", None), ("full, single, over bbox", "full/single", "bbox/single", 1.1),
    *((f"packed, {which}, {way}, over LZ4 alone", f"{which}/{way}", f"{which}/lz4", most)
      for which in ("generated", "recorded") for way, most in (("queued", 4), ("single", 8))),
]  # fmt: skip


def write_set(folder, detector, shape, pixels=None, packed=None):
    """The files that engine_bench reads."""
    folder.mkdir()
    (folder / "geometry.poni").write_text(GEOMETRY.format(detector=detector))
    with h5py.File("frame.h5", "w", driver="core", backing_store=False) as file:
        dataset = file.create_dataset("frame", shape, "<u2", chunks=shape, **hdf5plugin.Bitshuffle(cname="lz4"))
        if packed is None:
            dataset[...] = pixels
        else:
            dataset.id.write_direct_chunk((0, 0), packed)
        (folder / "frame.bslz4").write_bytes(dataset.id.read_direct_chunk((0, 0))[1])
        dataset[...].tofile(folder / "frame.raw")


class Peer:
    """pyFAI with one of its methods."""

    closeness = 1e-5  # of medians

    def __init__(self, kind, algorithm, poni, image, radial_range=None):
        self.kind = kind
        self.algorithm = algorithm
        self.image = image
        self.radial_range = radial_range
        self.ai = pyFAI.load(str(poni))
        begun = time.perf_counter()
        self.result = self.integrate()
        self.first = 1e3 * (time.perf_counter() - begun)

    def integrate(self):
        options = {"unit": "q_nm^-1", "error_model": "poisson", "polarization_factor": 0.99, "radial_range": self.radial_range}
        if self.kind == "cake":
            return self.ai.integrate2d(self.image, 1000, 360, method=("bbox", self.algorithm, "cython"),
                                       azimuth_range=(-180, 180), **options)  # fmt: skip
        return self.ai.integrate1d(self.image, 1000, method=(self.kind, self.algorithm, "cython"), **options)

    def bounds(self):
        """Of the bins, but for the rounding that pyFAI adds."""
        first, *_, last = self.result.radial
        half = (last - first) / (len(self.result.radial) - 1) / 2
        return first - half, (last + half) / (1 + np.finfo(np.float32).eps)

    def milliseconds(self):
        begun = time.perf_counter()
        for _ in range(CALLS):
            self.integrate()
        return 1e3 * (time.perf_counter() - begun) / CALLS

    def check(self, folder):
        """Bins inside of the ranges, where both have pixels."""
        inside = (slice(1, -1),) * self.result.intensity.ndim
        for name in ("intensity", "sigma"):
            theirs = np.asarray(getattr(self.result, name), float)
            ours = np.fromfile(folder / f"{self.kind}.{name}").reshape(theirs.shape)[inside]
            off = np.abs(ours / theirs[inside] - 1)[theirs[inside] > 0]
            line = f"median {np.nanmedian(off):.0e}, 99 of 100 within {np.nanquantile(off, 0.99):.0e}, all within {np.nanmax(off):.0e}"
            print(f"{self.kind:5}{self.algorithm:10} {name:10} {line}", flush=True)
            if not (off.size > 0.5 * ours.size and np.nanmedian(off) < self.closeness):
                sys.exit(f"{self.kind}: {name} is not pyFAI's (the sides do not do the same) correct bench/")


class ClippingPeer(Peer):
    """pyFAI's sigma clipping, of which it has one method for processors."""

    closeness = 1e-4  # pyFAI's scatter of a bin depends on the order of its pixels (docs/accuracy.md)

    def __init__(self, model, poni, image):
        super().__init__(model, "csr", poni, image)

    def integrate(self):
        return self.ai.sigma_clip_ng(self.image, 1000, unit="q_nm^-1", error_model=self.kind, polarization_factor=0.99,
                                     method=("no", self.algorithm, "cython"), thres=5, max_iter=5)  # fmt: skip

    def check(self, folder):
        """The same pixels are left, too."""
        super().check(folder)
        ours = np.fromfile(folder / f"{self.kind}.count")[1:-1]
        if not np.array_equal(ours, self.result.count[1:-1]):
            sys.exit(f"{self.kind}: other outliers than pyFAI's (the sides do not do the same) correct bench/")


def annulus(program, folder, *options):
    """name -> milliseconds a frame, the least of some repetitions."""
    command = [program, folder, "--benchmark_format=json", *options]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    times = {}
    for record in json.loads(text)["benchmarks"]:
        if record.get("run_type") == "aggregate" or "items_per_second" not in record:
            continue
        name = record["name"].removesuffix("/real_time").split("/repeats")[0]
        times[name] = min(times.get(name, np.inf), 1e3 / record["items_per_second"])
    return times


def spotted(image):
    """The frame with spots, of which pyFAI's and our clipping leave the same pixels."""
    random = np.random.default_rng(5)
    image = image.copy()
    spots = random.random(image.shape) < 1e-4
    image[spots] = random.integers(100, 1000, spots.sum())
    return image


def growth(program, folder):
    """Bytes by which resident memory grows with the number of frames."""
    command = [program, folder, "--benchmark_format=json", "--benchmark_filter=^growth"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(text)["benchmarks"][0]["bytes"]


def measure(program, folder, poni, image):
    """name -> the least of all turns [ms]; of pyFAI's methods the quickest, and the first call of that one."""
    clipped = spotted(image)
    clipped.tofile(folder / "spotted.raw")
    annulus(program, folder, "--benchmark_filter=^memory")
    peers = []
    for kind, algorithms in METHODS.items():
        for algorithm in algorithms:
            # Without splitting, pyFAI's histogram has bins for the gaps of the detector, too.
            like = peers[-1].bounds() if (kind, algorithm) == ("no", "histogram") else None
            peers.append(Peer(kind, algorithm, poni, image, like))
            peers[-1].check(folder)
    clippers = [ClippingPeer(model, poni, clipped) for model in CLIPPING]
    for clipper in clippers:
        clipper.check(folder)
    turns, calls, clipping = [], [], []
    for _ in range(TURNS):
        turns.append(annulus(program, folder, "--benchmark_filter=-^growth", "--benchmark_repetitions=4", "--benchmark_min_time=0.06"))
        calls.append([peer.milliseconds() for peer in peers])
        clipping.append([clipper.milliseconds() for clipper in clippers])
    times = {name: min(turn[name] for turn in turns) for name in turns[0]}
    for peer, least in zip(peers, np.min(calls, axis=0)):
        least = float(least)
        times[f"pyfai/{peer.kind}/{peer.algorithm}"] = least
        times[f"first/{peer.kind}/{peer.algorithm}"] = peer.first
        if least < times.get(f"pyfai/{peer.kind}", np.inf):
            times |= {f"pyfai/{peer.kind}": least, f"first/{peer.kind}": peer.first}
    return times | {f"pyfai/clip/{clipper.kind}": float(least) for clipper, least in zip(clippers, np.min(clipping, axis=0))}


def rows(times):
    for sense, lines in ((">=", FASTER), ("<=", SLOWER)):
        for what, over, under, wanted in lines:
            if over in times and under in times:
                ratio = times[over] / times[under]
                good = wanted is None or (ratio >= wanted if sense == ">=" else ratio <= wanted)
                yield {"what": what, "one_ms": times[over], "other_ms": times[under], "ratio": ratio,
                       "wanted": f"{sense} {wanted}" if wanted else "", "good": bool(good)}  # fmt: skip


def main():
    warnings.filterwarnings("ignore")
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/engine_bench"
    image = np.random.default_rng(4).poisson(5, (2162, 2068)).astype(np.uint16)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_set(folder / "generated", "Eiger2 4M", image.shape, pixels=image)
        if RECORDED.is_file():
            write_set(folder / "recorded", "Eiger 4M", (2167, 2070), packed=RECORDED.read_bytes())
        else:
            print(f"(no recorded frame: there is no {RECORDED})")
        times = measure(program, folder, folder / "generated/geometry.poni", image)
        grown = growth(program, folder)
    print("\n| what | [ms] | over [ms] | ratio | wanted | verdict |\n|---|---|---|---|---|---|")
    table = list(rows(times))
    for row in table:
        verdict = ("good" if row["good"] else "MISSED") if row["wanted"] else ""
        print(f"| {row['what']} | {row['one_ms']:.2f} | {row['other_ms']:.2f} | {row['ratio']:.3g} | {row['wanted']} | {verdict} |")
    print("\npyFAI's methods [ms]: " + ", ".join(f"{name[6:]} {ms:.0f}" for name, ms in times.items() if name.startswith("pyfai/") and name.count("/") == 2))
    print(f"\nResident memory after nine times 256 frames, single and queued, over that after the first: {grown / 1e6:+.1f} MB")
    results = ROOT / "bench/results"
    results.mkdir(exist_ok=True)
    (results / "engine.json").write_text(json.dumps({"times_ms": times, "rows": table, "growth_bytes": grown}, indent=1) + "\n")


if __name__ == "__main__":
    main()
