# SPDX-License-Identifier: BSD-3-Clause
"""Beamlines for the tests: images with their geometry, and what pyFAI makes of them; runs by the bluesky RunEngine."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import event_model
import h5py
import numpy as np
import pyFAI

from processes import wait_for

IMAGE_KEY = "pilatus_image"
SERVICE = "version: 1\nservice: {name: test, http: 127.0.0.1:0}\n"


@dataclass(frozen=True)
class Measurement:
    """One image of a powder, with what is needed to reduce it."""

    image: np.ndarray
    poni: Path
    mask: Path | None
    radial_range: tuple[float, float]  # [1/nm]

    @cached_property
    def reference(self):
        """pyFAI's result: radial, intensity, sigma."""
        mask = np.load(self.mask) if self.mask else None
        return pyFAI.load(str(self.poni)).integrate1d_ng(
            self.image, 1000, unit="q_nm^-1", radial_range=self.radial_range, mask=mask, error_model="poisson",
            polarization_factor=0.99, correctSolidAngle=True, method=("bbox", "csr", "cython"))

    @property
    def edges(self):
        """First and last edge of pyFAI's bins: it widens a range a little, by the resolution of single precision."""
        radial = self.reference.radial.astype(float)
        half = (radial[-1] - radial[0]) / (len(radial) - 1) / 2
        return radial[0] - half, radial[-1] + half

    @property
    def integrate1d(self):
        """The same reduction as settings of the operator integrate1d."""
        mask = f"mask: {self.mask}, " if self.mask else ""
        lowest, highest = self.edges
        return (f"{{type: integrate1d, in: raw, poni: {self.poni}, {mask}bins: 1000, unit: q_nm^-1, split: bbox, "
                f"error_model: poisson, polarization: 0.99, radial_range: [{lowest}, {highest}]}}")

    def check(self, intensity, sigma):
        """Intensity and sigma agree with pyFAI in all inner bins, but for the rounding of pixels' parts (docs/accuracy.md):
        most in bins of few pixels, and in those with a saturated one."""
        valid = self.reference.count > 0
        valid[[0, -1]] = False  # pyFAI lets pixels beyond the range into its first and last bin
        for mine, theirs, median in ((intensity, self.reference.intensity, 1e-6), (sigma, self.reference.sigma, 2e-6)):
            inner = valid & (theirs > 0)
            assert inner.sum() > 700
            difference = np.abs(np.asarray(mine)[inner] / theirs[inner].astype(float) - 1)
            assert difference.max() < 3e-5
            assert np.median(difference) < median


def generated(poni):
    """Rings of CeO2 with Poisson noise on a Pilatus 1M with its gaps."""
    geometry = pyFAI.load(str(poni))
    q = geometry.array_from_unit(unit="q_nm^-1")
    rings = sum(200 * np.exp(-(((q - centre) / 0.15) ** 2)) for centre in (20.1, 23.2, 32.9, 38.5, 40.2, 46.5))
    image = np.random.default_rng(1).poisson(5 + rings).astype(np.int32)
    image[geometry.detector.mask.astype(bool)] = -1
    return Measurement(image, poni, None, (2.0, 60.0))


def pilatus2m_ceo2(data):
    """A real CeO2 powder on a Pilatus 2M (APS 1-ID)."""
    folder = data / "pilatus2m_ceo2"
    with h5py.File(folder / "ceria_50x30_740mm_000005_Pilatus2M.hdf5") as file:
        image = file["imageseries/images"][0]
    reference = folder / "reference"
    return Measurement(image, reference / "ceria_Pilatus2M.poni", reference / "ceria_Pilatus2M_mask.npy", (2.0, 70.0))


def compose_run(image, frames, scan_id=1):
    """The documents of a run with inline images, as event-model composes them."""
    run = event_model.compose_run(metadata={"scan_id": scan_id, "plan_name": "count"})
    yield "start", run.start_doc
    if frames:
        key = {"source": "test", "dtype": "array", "shape": list(image.shape), "dtype_numpy": image.dtype.str}
        stream = run.compose_descriptor(name="primary", data_keys={IMAGE_KEY: key})
        yield "descriptor", stream.descriptor_doc
    for _ in range(frames):
        yield "event", stream.compose_event(data={IMAGE_KEY: image}, timestamps={IMAGE_KEY: 0.0})
    yield "stop", run.compose_stop()


def compose_every_kind(image):
    """A run with documents of every kind that event-model has: four frames inline, and others that are files'."""
    run = event_model.compose_run(metadata={"scan_id": 1, "sample": {"name": "CeO2", "weights": (1, 2.5)}})
    key = {"source": "test", "dtype": "array", "shape": list(image.shape), "dtype_numpy": image.dtype.str}
    primary = run.compose_descriptor(name="primary", data_keys={IMAGE_KEY: key})

    def event():
        return primary.compose_event(data={IMAGE_KEY: image}, timestamps={IMAGE_KEY: 1.5})

    first = event()
    page = primary.compose_event_page(
        seq_num=[2], data={IMAGE_KEY: [image]}, timestamps={IMAGE_KEY: [1.5]}, filled={}, time=[0.5], validate=False)
    external = {"source": "test", "dtype": "array", "shape": [3, 4]}
    files = run.compose_descriptor(name="files", data_keys={"old": external | {"external": "FILESTORE:"}})
    stream = run.compose_descriptor(name="stream", data_keys={"new": external | {"external": "STREAM:"}})
    resource = run.compose_resource(spec="AD_HDF5", root="/data", resource_path="a.h5", resource_kwargs={"frame_per_point": 1})
    datum = resource.compose_datum(datum_kwargs={"point_number": 0})
    datum_page = resource.compose_datum_page(datum_kwargs={"point_number": [1, 2]})
    pointer = files.compose_event(data={"old": datum["datum_id"]}, timestamps={"old": 1.0}, filled={"old": False})
    source = run.compose_stream_resource(
        mimetype="application/x-hdf5", uri="file://localhost/data/b.h5", data_key="new", parameters={"dataset": "/d"})
    indices = {"start": 0, "stop": 1}
    stream_datum = source.compose_stream_datum(
        indices=indices, seq_nums={"start": 1, "stop": 2}, descriptor=stream.descriptor_doc)
    bulk_datum = {"resource": resource.resource_doc["uid"], "datum_ids": ["a/0"], "datum_kwarg_list": [{"point_number": 3}]}
    bulk = [dict(event(), seq_num=number) for number in (3, 4)]
    return [("start", run.start_doc), ("descriptor", primary.descriptor_doc), ("event", first), ("event_page", page),
            ("bulk_events", {primary.descriptor_doc["uid"]: bulk}), ("descriptor", files.descriptor_doc),
            ("resource", resource.resource_doc), ("datum", datum), ("datum_page", datum_page), ("bulk_datum", bulk_datum),
            ("event", pointer), ("descriptor", stream.descriptor_doc), ("stream_resource", source.stream_resource_doc),
            ("stream_datum", stream_datum), ("stop", run.compose_stop())]


def wait_until_heard(publisher, daemon, receiver=None):
    """Sends runs without frames until the daemon, and the receiver behind it, hear one: subscriptions need a moment."""

    def heard():
        for name, document in compose_run(None, 0):
            publisher(name, document)
        at_daemon = any(source["messages"] for source in daemon.status()["sources"])
        return at_daemon and (receiver is None or receiver.documents)

    wait_for(heard, "the line from publisher to receiver to stand")
