# SPDX-License-Identifier: BSD-3-Clause
"""The REST API of the simulated detector, asked as clients ask: introspection, a series by command, refusals."""

import http.client
import json
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

import h5py
import numpy as np
import pytest

from beamline import SERVICE
from processes import PATIENCE, wait_for

TYPES = {"float": (int, float), "uint": int, "bool": bool, "string": str, "string[]": list, "datetime": str}


class Api:
    """The control unit of a detector, asked with the standard library."""

    def __init__(self, url):
        self.url = url

    def request(self, method, path, value=None):
        body = None if value is None else json.dumps({"value": value}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            text = reply.read().decode()
        return json.loads(text) if text else None

    def get(self, path):
        return self.request("GET", path)

    def value(self, path):
        return self.get(path)["value"]

    def put(self, path, value):
        return self.request("PUT", path, value)

    def command(self, name, value=None):
        return self.request("PUT", f"detector/api/1.8.0/command/{name}", value)

    def refusal(self, method, path, value=None):
        with pytest.raises(urllib.error.HTTPError) as raised:
            self.request(method, path, value)
        return raised.value.code, raised.value.read().decode()


@pytest.fixture
def endpoint(ports):
    return f"tcp://127.0.0.1:{ports['stream']}"


@pytest.fixture
def api(annulus_bin, endpoint, tmp_path):
    """A simulated detector of 60 x 80 pixels that waits for commands."""
    np.save(tmp_path / "image.npy", np.full((60, 80), 7, np.uint16))
    command = [annulus_bin, "simulate", "simplon", "--bind", endpoint, "--rest", "127.0.0.1:0", "--wait", "2", "--images",
               str(tmp_path / "image.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield Api(re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def config(endpoint):
    return f"""{SERVICE}
sources:
  eiger: {{type: simplon, connect: {endpoint}, patience: 0.3}}
operators:
  integrate: {{type: integrate1d, in: eiger, from_header: [geometry, mask, flat], bins: 100}}
sinks:
  file: {{type: nexus_file, in: integrate, directory: data, name: "{{scan_id}}.nxs", flush_frames: 1}}
"""


def test_a_client_that_introspects_finds_typed_parameters(api):
    assert api.value("detector/api/version") == "1.8.0"
    for subsystem in ("detector", "stream", "monitor", "filewriter"):
        for task in ("config", "status"):
            keys = api.get(f"{subsystem}/api/1.8.0/{task}/keys")
            assert keys and len(set(keys)) == len(keys)
            for key in keys:
                parameter = api.get(f"{subsystem}/api/1.8.0/{task}/{key}")
                assert parameter["access_mode"] in ("r", "rw")
                assert isinstance(parameter["value"], TYPES[parameter["value_type"]]), key
                assert parameter["value"] in parameter.get("allowed_values", [parameter["value"]])
                assert parameter.get("min", -np.inf) <= parameter["value"] if "min" in parameter else True
    assert "arm" in api.get("detector/api/1.8.0/command/keys")


def test_a_series_is_configured_armed_triggered_and_reduced(api, daemon, endpoint):
    running = daemon(config(endpoint))
    assert api.value("detector/api/1.8.0/status/state") == "na"
    api.command("initialize")
    assert api.value("detector/api/1.8.0/status/state") == "idle"
    changed = api.put("detector/api/1.8.0/config/photon_energy", 10000)
    assert {"photon_energy", "wavelength", "threshold_energy"} <= set(changed)
    assert api.value("detector/api/1.8.0/config/wavelength") == pytest.approx(1.2398, rel=1e-4)
    for key, value in {"count_time": 0.01, "frame_time": 0.02, "nimages": 3, "ntrigger": 2, "trigger_mode": "ints",
                       "compression": "lz4", "detector_distance": 0.3, "beam_center_x": 40.5}.items():
        assert key in api.put(f"detector/api/1.8.0/config/{key}", value)
    for key, value in {"mode": "enabled", "format": "legacy", "header_detail": "all", "header_appendix": "x"}.items():
        api.put(f"stream/api/1.8.0/config/{key}", value)

    sequence = api.command("arm")["sequence id"]
    assert api.value("detector/api/1.8.0/status/state") == "ready"
    api.command("trigger")
    api.command("trigger")
    assert api.command("disarm") == {"sequence id": sequence}
    run = running.wait_for(lambda s: s["run"] and s["run"]["outcome"], "the series to end")["run"]
    assert run["outcome"] == "success" and run["frames"]["reduced"] == 6
    assert api.value("detector/api/1.8.0/status/state") == "idle"
    assert api.value("stream/api/1.8.0/status/dropped") == 0
    with h5py.File(running.config.parent / "data" / f"{sequence}.nxs") as file:
        start = json.loads(file["entry/annulus/start"][()])
    assert start["simplon"]["photon_energy"] == 10000 and start["simplon"]["ntrigger"] == 2
    assert start["detector"]["detector_distance"] == 0.3 and start["user_data"] == "x"

    api.put("stream/api/1.8.0/config/format", "cbor")
    assert api.command("arm")["sequence id"] == sequence + 1
    api.command("trigger")
    api.command("trigger")
    api.command("disarm")
    running.wait_for(lambda s: s["run"]["outcome"] == "success" and s["run"]["uid"] != run["uid"], "a series of stream V2")


def test_a_series_can_be_aborted_while_its_trigger_waits(api, daemon, endpoint):
    running = daemon(config(endpoint))
    api.command("initialize")
    for key, value in {"frame_time": 0.1, "nimages": 1000}.items():
        api.put(f"detector/api/1.8.0/config/{key}", value)
    sequence = api.command("arm")["sequence id"]
    trigger = threading.Thread(target=api.command, args=["trigger"])
    trigger.start()
    running.wait_for(lambda s: s["run"] and s["run"]["frames"]["reduced"] >= 2, "two frames")
    assert api.value("detector/api/1.8.0/status/state") == "acquire"
    assert api.command("abort") == {"sequence id": sequence}
    trigger.join(PATIENCE)
    assert not trigger.is_alive()
    run = running.wait_for(lambda s: s["run"]["outcome"], "the aborted series")["run"]
    assert run["outcome"] == "abort" and run["frames"]["reduced"] + run["frames"]["lost"] == 1000


def test_external_triggers_come_by_themselves(api, daemon, endpoint):
    running = daemon(config(endpoint))
    api.command("initialize")
    for key, value in {"frame_time": 0.01, "trigger_mode": "exte", "ntrigger": 5}.items():
        api.put(f"detector/api/1.8.0/config/{key}", value)
    api.command("arm")
    wait_for(lambda: api.value("detector/api/1.8.0/status/state") != "acquire", "the external triggers")
    api.command("disarm")
    run = running.wait_for(lambda s: s["run"] and s["run"]["outcome"], "the series")["run"]
    assert run["outcome"] == "success" and run["frames"]["reduced"] == 5


def test_what_a_detector_refuses_is_refused_with_the_reason(api):
    detector = "detector/api/1.8.0/"
    assert api.refusal("PUT", detector + "command/arm") == (
        400, "arm is not possible (the detector is in state 'na') initialize it\n")
    assert api.refusal("PUT", detector + "config/trigger_mode", "later")[0] == 400
    assert api.refusal("PUT", detector + "config/description", "mine")[0] == 400
    assert api.refusal("GET", detector + "config/nimage") == (
        404, "detector/config/nimage is not known. Did you mean 'nimages'?\n")
    assert api.refusal("PUT", "monitor/api/1.8.0/config/mode", "enabled")[0] == 400
    assert api.refusal("DELETE", detector + "config/nimages")[0] == 405
    request = urllib.request.Request(api.url + detector + "config/keys", headers={"Origin": "http://example.org"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=PATIENCE)


def test_messages_that_nobody_takes_are_counted_as_dropped(api):
    api.command("initialize")
    api.command("arm")
    assert api.value("stream/api/1.8.0/status/dropped") == 1


def test_requests_of_one_connection_after_the_other(api):
    """As drivers in C++ do, which connect again when they are told that the connection closes."""
    host = re.search(r"//(.*)/", api.url)[1]
    for _ in range(3):
        connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        connection.request("GET", "/detector/api/1.8.0/status/state", headers={"Content-Length": "0"})
        reply = connection.getresponse()
        assert reply.status == 200 and reply.headers["Connection"] == "close"
        assert json.loads(reply.read())["value"] == "na"
        connection.close()
