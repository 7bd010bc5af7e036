// SPDX-License-Identifier: BSD-3-Clause
import { CakePlot } from "./cake_plot";
import { keepConnected } from "./connection";
import { byId, setText } from "./dom";
import { Outputs } from "./outputs";
import { PatternPlot } from "./pattern_plot";
import { showPreview, showStartDocument, showStatus } from "./panels";
import type { CakeMessage, Message, PatternMessage } from "./protocol";

const patternPlot = new PatternPlot();
const cakePlot = new CakePlot();
const patterns = new Outputs<PatternMessage>("pattern", (pattern) => patternPlot.show(pattern));
const cakes = new Outputs<CakeMessage>("cake", (cake) => cakePlot.show(cake));

function showMessage(message: Message): void {
  switch (message.type) {
    case "pattern":
      return patterns.take(message);
    case "cake":
      return cakes.take(message);
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
    patterns.forget();
    cakes.forget();
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
