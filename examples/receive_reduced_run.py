#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Prints the reduced runs that a daemon publishes: receive_reduced_run.py [HOST:PORT] [PREFIX].

Needs only bluesky, on any machine that reaches the daemon. `make demo` runs it beside the daemon.
"""

import sys

from bluesky.callbacks.zmq import RemoteDispatcher

runs = {}  # uid of the reduced run -> what is known of it
keys = {}  # uid of a descriptor -> uid of its run


def show(name, doc):
    if name == "start":
        runs[doc["uid"]] = {"scan": doc.get("scan_id"), "events": 0}
        print(f"run {doc.get('scan_id')} begins: {doc['uid'][:8]}, reduced from {doc['original_run_uid'][:8]}", flush=True)
    elif name == "descriptor" and doc["run_start"] in runs:
        keys[doc["uid"]] = doc["run_start"]
    elif name == "event" and doc["descriptor"] in keys:
        run = runs[keys[doc["descriptor"]]]
        run["events"] += 1
        if run["events"] == 1:
            q, intensity = doc["data"]["q"], doc["data"]["intensity"]
            print(f"run {run['scan']}: first pattern, {len(q)} bins from {q[0]:.1f} to {q[-1]:.1f} nm^-1,"
                  f" brightest at {q[intensity.argmax()]:.1f}", flush=True)
    elif name == "stop" and doc["run_start"] in runs:
        run = runs.pop(doc["run_start"])
        print(f"run {run['scan']} ends: {doc['exit_status']}, {run['events']} patterns", flush=True)


host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:5578").rsplit(":", 1)
prefix = (sys.argv[2] if len(sys.argv) > 2 else "an").encode()
dispatcher = RemoteDispatcher((host, int(port)), prefix=prefix)
dispatcher.subscribe(show)
print(f"listening to {host}:{port}", flush=True)
dispatcher.start()
