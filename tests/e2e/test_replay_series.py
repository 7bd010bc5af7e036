# SPDX-License-Identifier: BSD-3-Clause
"""HDF5 files of detectors are played as the detector's own stream, with the chunks as they lie in the file."""

import json
import subprocess

import h5py
import hdf5plugin
import numpy as np
import pytest
import zmq

from beamline import SERVICE
from processes import PATIENCE

SHAPE = (64, 48)
COUNTS = np.random.default_rng(5).poisson(2, (5, *SHAPE)).astype(np.uint16)
CODECS = {
    "bslz4": hdf5plugin.Bitshuffle(cname="lz4"),
    "lz4": hdf5plugin.LZ4(),
    "none": {},
}


def write_master(folder, codec):
    """As DECTRIS's file writer does: a master file with links to two data files. Returns it and the chunks."""
    chunks = []
    for number, images in ((1, COUNTS[:3]), (2, COUNTS[3:])):
        with h5py.File(folder / f"run_data_{number:06}.h5", "w") as file:
            data = file.create_dataset("entry/data/data", data=images, chunks=(1, *SHAPE), **CODECS[codec])
            chunks += [data.id.read_direct_chunk((row, 0, 0))[1] for row in range(len(images))]
    with h5py.File(folder / "run_master.h5", "w") as file:
        for number in (1, 2):
            link = h5py.ExternalLink(f"run_data_{number:06}.h5", "/entry/data/data")
            file[f"entry/data/data_{number:06}"] = link
        detector = file.create_group("entry/instrument/detector")
        detector["description"] = "Dectris EIGER2 Si 1M"
        for name, value, unit in (("x_pixel_size", 7.5e-5, "m"), ("y_pixel_size", 75.0, "um"),
                                  ("detector_distance", 0.2, "m"), ("beam_center_x", 24.5, "pixel"),
                                  ("count_time", 0.09, "s"), ("frame_time", 0.1, "s")):
            detector[name] = value
            detector[name].attrs["units"] = unit
        detector["detectorSpecific/pixel_mask"] = np.eye(*SHAPE, dtype=np.uint32)
        file["entry/instrument/beam/incident_wavelength"] = 1.0
        file["entry/instrument/beam/incident_wavelength"].attrs["units"] = "angstrom"
    return folder / "run_master.h5", chunks


def play(annulus_bin, file, port, messages, *options):
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 1000 * PATIENCE
        pull.connect(f"tcp://127.0.0.1:{port}")
        command = [annulus_bin, "replay", file, "--bind", f"tcp://127.0.0.1:{port}", *options]
        player = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        received = [pull.recv_multipart() for _ in range(messages)]
        _, errors = player.communicate(timeout=PATIENCE)
        assert player.returncode == 0, errors
        return received


@pytest.mark.parametrize("codec", CODECS)
def test_a_master_file_is_played_as_stream_v1(annulus_bin, tmp_path, ports, codec):
    master, chunks = write_master(tmp_path, codec)
    header, *images, end = play(annulus_bin, master, ports["detector"], 7, "--as", "simplon1")
    assert json.loads(header[0])["htype"] == "dheader-1.0"
    details = json.loads(header[1])
    assert details["description"] == "Dectris EIGER2 Si 1M"
    assert details["x_pixel_size"] == details["y_pixel_size"] == 7.5e-5
    assert details["detector_distance"] == 0.2
    assert details["wavelength"] == 1
    assert details["nimages"] * details["ntrigger"] == 5
    assert (details["y_pixels_in_detector"], details["x_pixels_in_detector"]) == SHAPE
    mask = np.frombuffer(header[5], np.uint32).reshape(SHAPE)
    np.testing.assert_array_equal(mask, np.eye(*SHAPE))
    for number, (image, chunk) in enumerate(zip(images, chunks, strict=True)):
        assert json.loads(image[0])["frame"] == number
        description = json.loads(image[1])
        assert description["shape"] == [SHAPE[1], SHAPE[0]] and description["type"] == "uint16"
        assert description["encoding"] == {"bslz4": "bs16-lz4<", "lz4": "lz4<", "none": "<"}[codec]
        if codec == "bslz4":
            assert image[2] == chunk, "as it lies in the file"
        elif codec == "none":
            assert image[2] == COUNTS[number].tobytes()
    assert json.loads(end[0])["htype"] == "dseries_end-1.0"


@pytest.mark.parametrize("codec", CODECS)
def test_a_master_file_is_played_as_stream_v2(annulus_bin, tmp_path, ports, codec):
    master, chunks = write_master(tmp_path, codec)
    start, *images, end = play(annulus_bin, master, ports["detector"], 7, "--as", "simplon2", "--rate", "1000")
    assert b"Dectris EIGER2 Si 1M" in start[0]
    for (image,), chunk in zip(images, chunks, strict=True):
        assert chunk in image, "as it lies in the file"
    assert b"end" in end[0]


def test_a_lost_data_file_is_told(annulus_bin, tmp_path, ports):
    master, _ = write_master(tmp_path, "bslz4")
    (tmp_path / "run_data_000002.h5").unlink()
    command = [annulus_bin, "replay", master, "--as", "simplon1", "--to", f"tcp://127.0.0.1:{ports['detector']}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 1
    assert "cannot open dataset '/entry/data/data_000002'" in result.stderr


PONI = """poni_version: 2
Detector: Detector
Detector_config: {"pixel1": 7.5e-5, "pixel2": 7.5e-5, "max_shape": [64, 48]}
Distance: 0.2
Poni1: 0.002
Poni2: 0.001
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: 1e-10
"""


def patterns_in(folder):
    (path,) = folder.glob("*.nxs")
    with h5py.File(path) as file:
        assert file["entry/annulus/exit_status"].asstr()[()] == "success"
        assert len(file["entry/data/I"]) == len(COUNTS)
        return file["entry/data/I"][()]


def test_a_recorded_detector_gives_the_numbers_of_the_live_one(annulus_bin, daemon, tmp_path, ports):
    master, _ = write_master(tmp_path, "bslz4")
    endpoint = f"tcp://127.0.0.1:{ports['detector']}"
    play_it = [annulus_bin, "replay", master, "--as", "simplon2", "--bind", endpoint]
    (tmp_path / "a.poni").write_text(PONI)
    live = daemon(f"""{SERVICE}
sources:
  raw: {{type: simplon, connect: "{endpoint}"}}
operators:
  integrate: {{type: integrate1d, in: raw, poni: {tmp_path}/a.poni, bins: 20}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{uid}}.nxs"}}
""")
    subprocess.run(play_it, check=True, timeout=PATIENCE)
    live.wait_for(lambda s: s["run"] and s["run"]["outcome"], "the series to end")
    assert live.terminate() == 0

    record = [annulus_bin, "record", endpoint, "-o", tmp_path / "run.annulus", "--kind", "pull", "--messages", "7"]
    recorder = subprocess.Popen(record)
    subprocess.run(play_it, check=True, timeout=PATIENCE)
    assert recorder.wait(timeout=PATIENCE) == 0
    (tmp_path / "again").mkdir()
    config = tmp_path / "again" / "config.yaml"
    config.write_text(live.config.read_text())
    subprocess.run([annulus_bin, "replay", tmp_path / "run.annulus", "--config", config], check=True, timeout=PATIENCE)
    np.testing.assert_array_equal(patterns_in(tmp_path / "again" / "data"), patterns_in(live.config.parent / "data"))
