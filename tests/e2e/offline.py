# SPDX-License-Identifier: BSD-3-Clause
"""Images through an operator of the service to a file, without a beamline."""

import subprocess
from pathlib import Path

import h5py
import numpy as np

PONI = Path(__file__).parents[2] / "configs" / "demo.poni"
BINS = 100
RANGE = (5.0, 30.0)  # [1/nm]


def replay(annulus_bin, folder, images, operator):
    """Plays the images through a configuration whose operator has these keys, and a file; returns the finished process."""
    np.save(folder / "frames.npy", images)
    (folder / "config.yaml").write_text(f"""version: 1
service: {{name: offline}}
sources:
  raw: {{type: replay, file: {folder}/frames.npy}}
operators:
  reduce: {{{operator}, in: raw}}
sinks:
  file: {{type: nexus_file, in: reduce, directory: {folder}, name: "out.nxs"}}
""")
    command = [annulus_bin, "replay", folder / "frames.npy", "--config", folder / "config.yaml"]
    return subprocess.run(command, capture_output=True, text=True, timeout=50)


def reduce(annulus_bin, folder, images, operator, more=f"bins: {BINS}, polarization: 0.9"):
    """The file of images that an operator with these keys integrates over RANGE, on the detector of PONI."""
    common = f"poni: {PONI}, radial_range: {list(RANGE)}, workers: 2"
    result = replay(annulus_bin, folder, images, f"{operator}, {common}, {more}")
    assert result.returncode == 0, result.stderr
    return h5py.File(folder / "out.nxs")
