# SPDX-License-Identifier: BSD-3-Clause
"""The other end of the line: an unmodified bluesky RemoteDispatcher that keeps what it hears."""

import asyncio
import threading

import event_model
from bluesky.callbacks.zmq import RemoteDispatcher

from processes import wait_for


class Receiver:
    def __init__(self, address, **options):
        self.documents = []
        self._dispatcher = RemoteDispatcher(address, **options)
        self._dispatcher.subscribe(lambda name, document: self.documents.append((name, document)))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._dispatcher.start()
        except asyncio.CancelledError:
            pass  # how stop() ends it

    def stop(self):
        loop = self._dispatcher.loop
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()

    def runs_of(self, raw_uid):
        """Uids of the runs derived from a raw run."""
        return [doc["uid"] for name, doc in self.documents if name == "start" and raw_uid in doc.get("parent_uids", [])]

    def wait_for_stop(self):
        """All documents, once a stop has come."""
        wait_for(lambda: any(name == "stop" for name, _ in self.documents), "a run to be received")
        return self.documents

    def wait_for_run(self, raw_uid):
        """The documents of the run derived from `raw_uid`, once its stop has come."""

        def complete():
            return any(name == "stop" and doc["run_start"] in self.runs_of(raw_uid) for name, doc in self.documents)

        wait_for(complete, f"the reduced run of {raw_uid} to be received")
        (uid,) = self.runs_of(raw_uid)
        return run_documents(self.documents, uid)


def run_documents(documents, uid):
    """Those of one run, by following its uid through the descriptors."""
    descriptors = {doc["uid"] for name, doc in documents if name == "descriptor" and doc["run_start"] == uid}

    def belongs(name, doc):
        if name == "start":
            return doc["uid"] == uid
        return doc["run_start"] == uid if name in ("descriptor", "stop") else doc["descriptor"] in descriptors

    return [(name, doc) for name, doc in documents if belongs(name, doc)]


def validate(documents):
    """event-model's schemas accept every document, and their order is that of a run."""
    for name, document in documents:
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
    names = [name for name, _ in documents]
    assert names[0] == "start" and names[-1] == "stop"
    assert names.count("start") == names.count("stop") == 1
    events = [doc for name, doc in documents if name == "event"]
    assert [doc["seq_num"] for doc in events] == list(range(1, len(events) + 1))
    assert documents[-1][1]["num_events"] == {"primary": len(events)}
