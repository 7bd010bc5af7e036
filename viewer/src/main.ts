// SPDX-License-Identifier: BSD-3-Clause
import { keepConnected } from "./connection";
import { byId, setText } from "./dom";
import { PatternPlot } from "./pattern_plot";
import { showPreview, showStartDocument, showStatus } from "./panels";
import type { Message, PatternMessage } from "./protocol";

const plot = new PatternPlot();
const chooser = byId<HTMLSelectElement>("pattern-name");
const newest = new Map<string, PatternMessage>();

/** The newest pattern of the chosen output; the first output is chosen until someone chooses another. */
function showPattern(pattern: PatternMessage): void {
  if (!newest.has(pattern.name)) {
    chooser.add(new Option(pattern.name, pattern.name));
    byId("pattern-choice").hidden = chooser.length < 2;
  }
  newest.set(pattern.name, pattern);
  if (pattern.name === chooser.value) plot.show(pattern);
}

chooser.addEventListener("change", () => {
  const pattern = newest.get(chooser.value);
  if (pattern !== undefined) plot.show(pattern);
});

function showMessage(message: Message): void {
  switch (message.type) {
    case "pattern":
      return showPattern(message);
    case "preview":
      return showPreview(message);
    case "status":
      return showStatus(message);
    case "run":
      return showStartDocument(message);
  }
}

keepConnected({
  connected() {
    byId("connection-banner").hidden = true;
    document.body.classList.remove("stale");
  },
  lost(delay) {
    byId("connection-banner").hidden = false;
    document.body.classList.add("stale");
    setText("connection-text", `No connection to the service; what you see is old. Next attempt in ${Math.ceil(delay / 1000)} s.`);
  },
  message: showMessage,
});
