# SPDX-License-Identifier: BSD-3-Clause
"""Processes that tests start: the daemon and the Bluesky proxy. Each is ended by the test that started it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PATIENCE = 20  # seconds after which something that should have happened has not


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, patience=PATIENCE):
    """Returns the first true value of `condition()`; fails, saying `what` was waited for, when none comes in time."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.02)
    return value


class Daemon:
    """`annulus serve` on a configuration, with its log in a file beside it."""

    def __init__(self, annulus_bin, config, folder):
        folder.mkdir(parents=True)
        self.config = folder / "config.yaml"
        self.config.write_text(config)
        self.log_file = folder / "log.txt"
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen([annulus_bin, "serve", self.config], stdout=log, stderr=log)

    @property
    def log(self):
        return self.log_file.read_text()

    def wait_until_healthy(self):
        wait_for(lambda: self.process.poll() is not None or self.url, "the daemon to say where its page is")
        assert self.process.poll() is None, f"the daemon ended with {self.process.returncode}:\n{self.log}"
        assert json.loads(self.get("healthz"))["status"] == "ok"

    @property
    def url(self):
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.log)
        return found and found[0]

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as reply:
            return reply.read().decode()

    def status(self):
        return json.loads(self.get("api/status"))

    def wait_for(self, condition, what):
        """Waits until condition(status) holds; returns that status."""
        try:
            return wait_for(lambda: (status := self.status()) and condition(status) and status, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlog of the daemon:\n{self.log}") from None

    def wait_for_run(self, uid):
        """Waits until run `uid` has ended and its file is closed; returns its status."""
        ended = self.wait_for(lambda s: s["run"] and s["run"]["uid"] == uid and s["run"]["outcome"], f"run {uid} to end")
        return ended["run"]

    def terminate(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def end(self):
        """Ends the process if it still runs. Returns what was wrong with its end, or None."""
        if self.process.poll() is None:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return f"the daemon did not stop within {PATIENCE} s of SIGTERM:\n{self.log}"
        if self.process.returncode != 0 or "Sanitizer" in self.log or "runtime error:" in self.log:
            return f"the daemon ended with {self.process.returncode}:\n{self.log}"
        return None


class Proxy:
    """bluesky-0MQ-proxy between `in_port` (publishers) and `out_port` (subscribers)."""

    def __init__(self):
        self.in_port, self.out_port = free_port(), free_port()

    def __enter__(self):
        program = Path(sys.executable).parent / "bluesky-0MQ-proxy"
        addresses = ["--in-address", f"127.0.0.1:{self.in_port}", "--out-address", f"127.0.0.1:{self.out_port}"]
        self.process = subprocess.Popen([program, *addresses], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in (self.in_port, self.out_port):
            wait_for(lambda: self.accepts(port), "the bluesky proxy to listen")
        return self

    def accepts(self, port):
        assert self.process.poll() is None, "the bluesky proxy ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
