# SPDX-License-Identifier: BSD-3-Clause
"""Detectors for the tests: the messages of a recorded EIGER stream and of the golden vectors, pushed by pyzmq."""

import json
import struct

import h5py
import hdf5plugin
import numpy as np

SHAPE = (2167, 2070)
CHECKSUM = 16473358719  # the sum of all pixels of the recorded frame
FRAMES = 3


def recorded_image(folder):
    """The frame of the recorded stream, as HDF5's own filter unpacks it."""
    with h5py.File("image", "w", driver="core", backing_store=False) as file:
        data = file.create_dataset("data", SHAPE, np.uint16, chunks=SHAPE, **hdf5plugin.Bitshuffle())
        data.id.write_direct_chunk((0, 0), (folder / "streamfile_12").read_bytes())
        return data[:]


def recorded_mask():
    """A mask for the recorded stream: some good pixels, for several reasons."""
    mask = np.zeros(SHAPE, np.uint32)
    mask[:, :2] = 1
    mask[1000:1010, 1000:1200] = 16
    return mask


def recorded_series(folder, **header):
    """The multipart messages of the recorded stream V1: header, three images, end.

    The bytes of flat field and mask, which the recording lacks, are made; `header` changes what the detector says.
    """
    part = {number: path.read_bytes() for number in range(1, 23)
            if (path := folder / f"streamfile_{number}").exists()}
    config = json.loads(part[2]) | {"nimages": FRAMES} | header
    tables = [part[3], np.ones(SHAPE, np.float32).tobytes(), part[5], recorded_mask().tobytes(), part[7], part[8]]
    yield [part[1], json.dumps(config).encode(), *tables, part[9]]
    for number in range(FRAMES):
        first = json.loads(part[10]) | {"frame": number}
        yield [json.dumps(first).encode(), part[11], part[12], part[13]]
    yield [part[22]]


def parts_of(container):
    """The parts in one of the `.lendump` vectors."""
    data, parts = container.read_bytes(), []
    while data:
        (length,) = struct.unpack_from("<q", data)
        parts.append(data[8 : 8 + length])
        data = data[8 + length :]
    return parts


def push(socket, messages, daemon):
    """Sends the messages and waits until the daemon has taken them all."""
    before = sum(source["messages"] for source in daemon.status()["sources"])
    count = 0
    for parts in messages:
        socket.send_multipart(parts)
        count += 1
    daemon.wait_for(lambda s: sum(source["messages"] for source in s["sources"]) >= before + count, f"{count} messages")

