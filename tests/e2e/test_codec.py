# SPDX-License-Identifier: BSD-3-Clause
"""The codec against those of others: hdf5plugin's filters through h5py, and DECTRIS's own decoder."""

import subprocess

import h5py
import hdf5plugin
import numpy as np
import pytest
from dectris.compression import decompress

TYPES = ["<u1", "<u2", "<u4", "<u8"]
SHAPES = [(1, 1), (3, 7), (64, 64), (65, 48), (300, 217)]
FILTERS = {"bslz4": hdf5plugin.Bitshuffle(cname="lz4"), "lz4": hdf5plugin.LZ4()}


@pytest.fixture(scope="session")
def codec(build_dir):
    """codec(words..., data) runs tests/detectors/codec/codec_tool.cpp on some bytes."""

    def run(*words, data):
        command = [build_dir / "codec_tool", *map(str, words)]
        result = subprocess.run(command, input=data, capture_output=True, timeout=20)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout

    return run


@pytest.fixture
def images():
    """Of every type and shape: few counts, gaps, and noise that nothing can pack."""
    random = np.random.default_rng(4)

    def each():
        for dtype in TYPES:
            for shape in SHAPES:
                yield np.minimum(random.poisson(3, shape), 255).astype(dtype)
                gaps = random.poisson(0.05, shape).astype(dtype)
                gaps[shape[0] // 2 :] = np.iinfo(dtype).max
                yield gaps
                yield random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)

    return each


@pytest.fixture
def dataset(tmp_path):
    """dataset(image, kind) is an empty dataset of one chunk behind hdf5plugin's filter."""
    with h5py.File(tmp_path / "chunks.h5", "w") as file:

        def make(image, kind):
            name = str(len(file))
            return file.create_dataset(name, shape=image.shape, dtype=image.dtype, chunks=image.shape, **FILTERS[kind])

        yield make


def encode(codec, kind, image, block_bytes=8192):
    words = ("bslz4", image.itemsize, block_bytes) if kind == "bslz4" else ("lz4", block_bytes)
    return codec("encode", *words, data=image.tobytes())


def decode(codec, kind, image, chunk):
    words = ("bslz4", image.itemsize) if kind == "bslz4" else ("lz4",)
    return np.frombuffer(codec("decode", *words, data=chunk), image.dtype).reshape(image.shape)


@pytest.mark.parametrize("kind", FILTERS)
def test_hdf5plugin_reads_what_we_pack(codec, images, dataset, kind):
    for image in images():
        chunks = dataset(image, kind)
        chunks.id.write_direct_chunk((0, 0), encode(codec, kind, image))
        np.testing.assert_array_equal(chunks[...], image)


@pytest.mark.parametrize("kind", FILTERS)
def test_we_read_what_hdf5plugin_packs(codec, images, dataset, kind):
    for image in images():
        chunks = dataset(image, kind)
        chunks[...] = image
        mask, chunk = chunks.id.read_direct_chunk((0, 0))
        assert mask == 0
        np.testing.assert_array_equal(decode(codec, kind, image, chunk), image)


@pytest.mark.parametrize("block_bytes", [64, 1024, 65536])
def test_hdf5plugin_reads_blocks_of_other_sizes(codec, images, dataset, block_bytes):
    for kind in FILTERS:
        image = list(images())[-6]
        chunks = dataset(image, kind)
        chunks.id.write_direct_chunk((0, 0), encode(codec, kind, image, block_bytes))
        np.testing.assert_array_equal(chunks[...], image)


@pytest.mark.parametrize("kind", FILTERS)
def test_dectris_reads_what_we_pack(codec, images, kind):
    for image in images():
        assert decompress(encode(codec, kind, image), kind, elem_size=image.itemsize) == image.tobytes()


def test_dectris_and_we_read_the_same_in_a_recorded_frame(codec, shared_data):
    chunk = (shared_data / "stream_eiger1_4m_v1" / "streamfile_12").read_bytes()
    assert codec("decode", "bslz4", 2, data=chunk) == decompress(chunk, "bslz4", elem_size=2)
