# SPDX-License-Identifier: BSD-3-Clause
"""Encrypted and authenticated lines (CURVE) with unmodified parts of Bluesky, keys made by pyzmq."""

import subprocess
import sys

import pytest
import zmq.auth
from bluesky.callbacks.zmq import ClientCurve

import beamline
from beamline import IMAGE_KEY
from processes import PATIENCE

# One authenticator is all that a process can have: a Proxy secures one of its sides.
PROXY = """
import sys
from pathlib import Path
from bluesky.callbacks.zmq import Proxy, ServerCurve
keys, inward, outward = Path(sys.argv[1]), *map(int, sys.argv[2:])
curve = ServerCurve(keys / "proxy.key_secret", keys / "clients", None)
Proxy(f"127.0.0.1:{inward}", f"127.0.0.1:{outward}", out_curve=curve).start()
"""


@pytest.fixture
def keys(tmp_path):
    """A folder with certificates of the proxy, the service, and two clients; `clients` holds what these two trust."""
    folder = tmp_path / "keys"
    (folder / "clients").mkdir(parents=True)
    for name in ("proxy", "annulus", "publisher", "viewer", "stranger"):
        zmq.auth.create_certificates(folder, name)
    for name in ("annulus", "publisher", "viewer"):
        (folder / "clients" / f"{name}.key").write_bytes((folder / f"{name}.key").read_bytes())
    return folder


@pytest.fixture
def curve_proxy(keys, ports):
    process = subprocess.Popen([sys.executable, "-c", PROXY, keys, str(ports["in"]), str(ports["out"])])
    yield
    process.terminate()
    process.wait(timeout=PATIENCE)


def config(keys, ports, measurement, source):
    return f"""{beamline.SERVICE}
sources:
  raw: {{type: bluesky_zmq, image: {IMAGE_KEY}, curve_secret_key: {keys}/annulus.key_secret, {source}}}
operators:
  integrate: {measurement.integrate1d}
sinks:
  an: {{type: bluesky_pub, in: integrate, bind: "tcp://127.0.0.1:{ports['an']}",
       curve_secret_key: {keys}/annulus.key_secret, curve_client_keys: {keys}/clients}}
"""


def behind_proxy(keys, ports):
    return f"connect: 'tcp://127.0.0.1:{ports['out']}', curve_server_key: {keys}/proxy.key"


def names_of_a_run(publish, viewer, image):
    documents = list(beamline.compose_run(image, 2))
    for name, document in documents:
        publish(name, document)
    return [name for name, _ in viewer.wait_for_run(documents[0][1]["uid"])]


def test_publishers_and_viewers_are_let_in_by_their_keys(keys, daemon, publisher, receiver, ports, generated):
    source = f"bind: 'tcp://127.0.0.1:{ports['in']}', curve_client_keys: {keys}/clients"
    running = daemon(config(keys, ports, generated, source))
    viewer = receiver(ports["an"], curve_config=ClientCurve(keys / "viewer.key_secret", keys / "annulus.key"))
    stranger = receiver(ports["an"], curve_config=ClientCurve(keys / "stranger.key_secret", keys / "annulus.key"))
    plain = receiver(ports["an"])
    publish = publisher(ports["in"], running, viewer,
                        curve_config=ClientCurve(keys / "publisher.key_secret", keys / "annulus.key"))
    assert names_of_a_run(publish, viewer, generated.image) == ["start", "descriptor", "event", "event", "stop"]
    assert not stranger.documents and not plain.documents


def test_the_service_proves_itself_to_a_proxy(keys, curve_proxy, daemon, publisher, receiver, ports, generated):
    running = daemon(config(keys, ports, generated, behind_proxy(keys, ports)))
    viewer = receiver(ports["an"], curve_config=ClientCurve(keys / "viewer.key_secret", keys / "annulus.key"))
    publish = publisher(ports["in"], running, viewer)
    assert names_of_a_run(publish, viewer, generated.image) == ["start", "descriptor", "event", "event", "stop"]


def test_a_missing_key_file_is_told_before_the_start(annulus_bin, keys, ports, generated, tmp_path):
    (keys / "proxy.key").unlink()
    file = tmp_path / "config.yaml"
    file.write_text(config(keys, ports, generated, behind_proxy(keys, ports)))
    result = subprocess.run([annulus_bin, "check", file], capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 2
    assert "proxy.key cannot be opened" in result.stderr
