// SPDX-License-Identifier: BSD-3-Clause
// Everything that is told in words and numbers.
import { byId, make, setText } from "./dom";
import { bytes, count, duration, measure, timeOfDay } from "./format";
import { showPipeline } from "./pipeline";
import type { ErrorStatus, FrameCounts, NodeStatus, PreviewMessage, RunMessage, RunStatus, SourceStatus, StatusMessage } from "./protocol";

const stateWords: Record<StatusMessage["state"], string> = {
  starting: "starting",
  idle: "waiting for a run",
  running: "running",
  stopping: "stopping",
  failed: "failed",
};

export function showStatus(status: StatusMessage): void {
  setText("service-name", status.name);
  document.title = `${status.name} · Annulus`;
  showState(status);
  showRun(status);
  showFrames(status);
  showPlots(status);
  showPipeline(status);
  replaceRows("node-rows", status.nodes.map(nodeRow), "no operators");
  replaceRows("source-rows", status.sources.map(sourceRow), "no sources");
  showErrors(status.errors);
  setText("version", `Annulus ${status.version}`);
  setText("uptime", `up ${duration(status.uptime_s)}`);
}

function showState(status: StatusMessage): void {
  const badge = byId("state");
  badge.dataset.state = status.problem === "" ? status.state : "failed";
  setText("state-text", stateWords[status.state]);
  const problem = byId("problem");
  problem.hidden = status.problem === "";
  setText("problem", status.problem);
}

function showRun(status: StatusMessage): void {
  const { run } = status;
  byId("run").hidden = run === null;
  byId("no-run").hidden = run !== null;
  if (run === null) return;
  setText("run-scan", run.scan_id === "" ? "run" : `scan ${run.scan_id}`);
  setText("run-title", run.title);
  setText("run-uid", run.uid.slice(0, 8));
  byId("run-uid").title = run.uid;
  const end = run.stopped > 0 ? run.stopped : status.time;
  setText("run-elapsed", duration(end - run.started));
  setText("run-outcome", run.stopped > 0 ? `ended at ${timeOfDay(run.stopped)}, ${run.outcome}` : "");
  setText("run-file", status.file);
  byId("run-file").title = status.file;
  showProgress(run);
}

function showProgress(run: RunStatus): void {
  const bar = byId<HTMLProgressElement>("run-progress");
  bar.hidden = run.expected === 0;
  bar.max = Math.max(1, run.expected);
  bar.value = run.frames.reduced;
  setText("run-expected", run.expected > 0 ? `of ${count(run.expected)}` : "");
}

function showFrames(status: StatusMessage): void {
  const frames = status.run?.frames ?? status.totals;
  setText("rate", status.rate_hz >= 100 ? count(status.rate_hz) : status.rate_hz.toFixed(1));
  for (const key of ["received", "reduced", "written", "published"] as const) {
    setText(`frames-${key}`, count(frames[key]));
  }
  const without = frames.lost + frames.rejected + frames.failed + frames.dropped;
  setText("frames-lost", count(without));
  byId("lost-tile").classList.toggle("alarm", without > 0);
  setText("lost-reasons", without > 0 ? lossReasons(frames) : "every frame accounted for");
}

function lossReasons(frames: FrameCounts): string {
  const reasons: [number, string][] = [
    [frames.lost, "never arrived"],
    [frames.rejected, "unusable"],
    [frames.failed, "failed in an operator"],
    [frames.dropped, "dropped by a queue"],
  ];
  return reasons
    .filter(([n]) => n > 0)
    .map(([n, why]) => `${count(n)} ${why}`)
    .join(", ");
}

/** Cakes have a plot where the graph shows some, and patterns theirs unless it shows cakes only. */
function showPlots({ nodes, edges }: StatusMessage): void {
  const viewers = new Set(nodes.filter((node) => node.type === "viewer").map((node) => node.name));
  const payloads = new Set(edges.filter((edge) => viewers.has(edge.to)).map((edge) => edge.payload));
  byId("cake-card").hidden = !payloads.has("Cake");
  byId("pattern-card").hidden = payloads.has("Cake") && !payloads.has("Pattern");
}

function replaceRows(id: string, rows: HTMLElement[], none: string): void {
  const body = byId(id);
  if (rows.length > 0) {
    body.replaceChildren(...rows);
    return;
  }
  const cell = make("td", "none", none);
  cell.setAttribute("colspan", "7");
  body.replaceChildren(make("tr", "", cell));
}

function numberCell(value: number, alarming = false): HTMLElement {
  return make("td", alarming && value > 0 ? "number alarm" : "number", count(value));
}

function nodeRow(node: NodeStatus): HTMLElement {
  const name = make("th", "", node.name);
  name.setAttribute("scope", "row");
  const row = make("tr", "", name, make("td", "type", node.type), numberCell(node.in), numberCell(node.out));
  row.append(numberCell(node.errors, true), numberCell(node.dropped), queueCell(node));
  row.dataset.node = node.name;
  return row;
}

function queueCell(node: NodeStatus): HTMLElement {
  if (node.queue_capacity === 0) return make("td", "queue none", "–");
  const meter = document.createElement("meter");
  meter.min = 0;
  meter.max = node.queue_capacity;
  // A queue of one is a mailbox: being full is its normal state.
  meter.high = node.queue_capacity > 1 ? 0.8 * node.queue_capacity : 1;
  meter.optimum = 0;
  meter.value = node.queue_fill;
  meter.setAttribute("aria-label", `queue of ${node.name}`);
  return make("td", "queue", meter, ` ${count(node.queue_fill)} / ${count(node.queue_capacity)}`);
}

function sourceRow(source: SourceStatus): HTMLElement {
  const refused = Object.entries(source.refused).filter(([, n]) => n > 0);
  const text = refused.length === 0 ? "none" : refused.map(([kind, n]) => `${count(n)} ${kind}`).join(", ");
  const name = make("th", "", source.name);
  name.setAttribute("scope", "row");
  const traffic = make("td", "number", bytes(source.bytes));
  return make("tr", "", name, numberCell(source.messages), traffic, make("td", refused.length > 0 ? "alarm" : "none", text));
}

function showErrors(errors: ErrorStatus[]): void {
  setText("error-count", errors.length > 0 ? count(errors.length) : "");
  byId("no-errors").hidden = errors.length > 0;
  const items = [...errors].reverse().map((error) => {
    const where = error.frame === null ? error.node : `${error.node}, frame ${error.frame}`;
    const time = make("time", "", timeOfDay(error.time));
    return make("li", "", time, make("span", "where", where), make("span", "message", error.message));
  });
  byId("errors").replaceChildren(...items);
}

/** What the start document says of the run: sample, plan, energy and whatever else the beamline adds. */
export function showStartDocument(run: RunMessage): void {
  const known = ["uid", "scan_id", "time"]; // told in the header already
  const entries = Object.entries(run.start).filter(([key]) => !known.includes(key));
  byId("start-document").hidden = entries.length === 0;
  const items = entries.flatMap(([key, value]) => [
    make("dt", "", key),
    make("dd", "", Array.isArray(value) ? value.join(", ") : String(value)),
  ]);
  byId("start-entries").replaceChildren(...items);
}

let previewUrl = "";

export function showPreview(preview: PreviewMessage): void {
  const image = byId<HTMLImageElement>("preview-image");
  const old = previewUrl;
  previewUrl = URL.createObjectURL(new Blob([preview.png.slice()], { type: "image/png" }));
  image.onload = () => URL.revokeObjectURL(old);
  image.src = previewUrl;
  image.width = preview.cols;
  image.height = preview.rows;
  image.alt = `frame ${preview.number}, logarithmic colours from ${measure(preview.low)} to ${measure(preview.high)} counts`;
  image.hidden = false;
  byId("preview-empty").hidden = true;
  byId("preview-details").hidden = false;
  setText("preview-frame", `frame ${preview.number}`);
  setText("preview-low", measure(Number(preview.low.toPrecision(2))));
  setText("preview-high", measure(Number(preview.high.toPrecision(3))));
  setText("preview-size", `${preview.frame_rows} × ${preview.frame_cols}`);
  setText("preview-min", measure(preview.min));
  setText("preview-max", measure(preview.max));
  setText("preview-total", measure(preview.total));
  const share = (100 * preview.masked) / (preview.frame_rows * preview.frame_cols);
  setText("preview-masked", `${count(preview.masked)} (${share.toFixed(1)} %)`);
}
