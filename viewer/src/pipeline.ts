// SPDX-License-Identifier: BSD-3-Clause
// The graph as it runs: nodes with their rates, edges with their queues.
import { byId } from "./dom";
import { count, rate } from "./format";
import { layOut, type Box, type Placed } from "./layout";
import type { EdgeStatus, NodeStatus, StatusMessage } from "./protocol";

const row = 17; // height of a line of text
const pad = 12;
const narrowest = 112;
const barWidth = 44;
const margin = 3;
const labelStart = 6;
const arrowRoom = 16;

let drawn = "";
/** What each text and bar of the drawing shows, told from the newest status. */
let updates: ((nodes: Map<string, NodeStatus>) => void)[] = [];

/** Draws anew when the graph, or the room that its texts need, has changed; else only changes the numbers. */
export function showPipeline(status: StatusMessage): void {
  const nodes = new Map(status.nodes.map((node) => [node.name, node]));
  const key = JSON.stringify([status.nodes.map(shapeOf), status.edges]);
  if (key !== drawn) {
    updates = [];
    byId("pipeline").replaceChildren(draw(status.nodes, status.edges));
    byId("pipeline-empty").hidden = status.nodes.length > 0;
    drawn = key;
  }
  for (const update of updates) update(nodes);
}

/** What the drawing of a node depends on, besides the numbers that are changed in place. */
function shapeOf(node: NodeStatus): (string | number)[] {
  const rates = [rateRoom(node.in_hz), rateRoom(node.out_hz)];
  const troubled = troubles(node).map((trouble) => `${trouble} ${tellTrouble(node, trouble).length}`);
  return [node.name, node.type, node.queue_capacity, ...rates, ...troubled];
}

/** As wide as this rate or any usual one. */
function rateRoom(hertz: number): string {
  return "0".repeat(Math.max(6, rate(hertz).length));
}

function draw(nodes: NodeStatus[], edges: EdgeStatus[]): SVGElement {
  const queues = new Set(edges.flatMap((edge) => edge.queues.map((queue) => queue.node)));
  const shown = nodes.filter((node) => !queues.has(node.name));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const labels = edges.map((edge) => drawLabel(edge, edges, byName));
  const bodies = shown.map((node) => drawBody(node, edges));
  const layout = layOut(
    bodies,
    edges.map(({ from, to }, i) => ({ from, to, ...labels[i]! })),
  );
  const [width, height] = [layout.width + 2 * margin, layout.height + 2 * margin];
  const picture = svg("svg", { width, height, viewBox: `${-margin} ${-margin} ${width} ${height}`, role: "img" });
  picture.setAttribute("aria-label", `Pipeline of ${shown.map((node) => node.name).join(", ")}`);
  picture.append(svg("defs", {}, arrow()));
  layout.lines.forEach(({ path, x, y }, i) => {
    const lossy = edges[i]!.queues.some((queue) => queue.overflow !== "block");
    picture.append(svg("path", { d: path, class: lossy ? "edge lossy" : "edge", "marker-end": "url(#arrow)" }));
    labels[i]!.group.setAttribute("transform", `translate(${x} ${y})`);
    picture.append(labels[i]!.group);
  });
  for (const body of bodies) picture.append(body.finish(layout.boxes.get(body.name)!));
  return picture;
}

interface Body extends Box {
  finish(place: Placed): SVGElement;
}

/** A node's box: name, type, rates, the fill of a queue of its own, and what went wrong. */
function drawBody(node: NodeStatus, edges: EdgeStatus[]): Body {
  const inputs = edges.filter((edge) => edge.to === node.name).length;
  const speaks = edges.some((edge) => edge.from === node.name);
  const kind = inputs === 0 ? "source" : !speaks ? "sink" : inputs > 1 ? "join" : "operator";
  const rates = (n: NodeStatus, told: (hertz: number) => string): string => {
    if (inputs > 0 && speaks) return `${told(n.in_hz)} → ${told(n.out_hz)} /s`;
    return `${told(inputs > 0 ? n.in_hz : n.out_hz)} /s`;
  };
  const lines = [text("name", node.name), text("type", node.type), live("rate", node.name, (n) => rates(n, rate))];
  let width = Math.max(
    narrowest,
    measure(node.name, 650),
    measure(node.type),
    measure(rates(node, rateRoom)),
  );
  if (node.queue_capacity > 0) {
    lines.push(queueRow(node.name, ""));
    width = Math.max(width, queueWidth(node, ""));
  }
  for (const trouble of troubles(node)) {
    lines.push(troubleText(trouble, node.name));
    width = Math.max(width, troubleWidth(node, trouble));
  }
  const height = lines.length * row + pad;
  const finish = (place: Placed): SVGElement => {
    const top = place.y + (place.height - height) / 2 + pad / 2 + row - 4;
    lines.forEach((line, i) => line.setAttribute("transform", `translate(${place.x + pad} ${top + i * row})`));
    const box = svg("rect", { ...place, rx: kind === "sink" ? 2 : kind === "source" ? 16 : 8 });
    return svg("g", { class: `node ${kind}`, "data-node": node.name }, svg("title", {}, node.name), box, ...lines);
  };
  return { name: node.name, width: width + 2 * pad, height, finish };
}

type Trouble = "errors" | "dropped";

function troubles(node: NodeStatus): Trouble[] {
  return (["errors", "dropped"] as const).filter((trouble) => node[trouble] > 0);
}

function tellTrouble(node: NodeStatus, trouble: Trouble): string {
  return `${count(node[trouble])} ${trouble === "errors" && node.errors === 1 ? "error" : trouble}`;
}

function troubleText(trouble: Trouble, name: string): SVGElement {
  return live(trouble === "errors" ? "bad" : "warn", name, (node) => tellTrouble(node, trouble));
}

function troubleWidth(node: NodeStatus, trouble: Trouble): number {
  return measure(tellTrouble(node, trouble), 600);
}

interface Label {
  group: SVGElement;
  labelWidth: number;
  above: number;
  below: number;
}

/** An edge's label: above the line its type, ports and rate, below it a row for each queue. */
function drawLabel(edge: EdgeStatus, edges: EdgeStatus[], nodes: Map<string, NodeStatus>): Label {
  const several = (end: "from" | "to", port: "from_port" | "to_port"): boolean =>
    edges.some((other) => other[end] === edge[end] && other[port] !== edge[port]);
  const from = several("from", "from_port") ? `${edge.from_port}: ` : "";
  const to = several("to", "to_port") ? ` → ${edge.to_port}` : "";
  const title = `${from}${edge.payload}${to}`;
  const group = svg("g", { class: "label" }, at(text("payload", title), labelStart, -5));
  let width = measure(title);
  const last = edge.queues.length > 0 ? nodes.get(edge.queues[edge.queues.length - 1]!.node) : undefined;
  if (last !== undefined) {
    group.append(at(live("rate", last.name, (n) => `${rate(n.out_hz)} /s`), labelStart + width + 10, -5));
    width += 10 + measure(`${rateRoom(last.out_hz)} /s`);
  }
  edge.queues.forEach((queue, i) => {
    const node = nodes.get(queue.node);
    if (node === undefined) return;
    const y = row * (i + 1) - 2;
    let x = queueWidth(node, queue.overflow);
    group.append(at(queueRow(queue.node, queue.overflow), labelStart, y));
    for (const trouble of troubles(node)) {
      group.append(at(troubleText(trouble, queue.node), labelStart + x + 10, y));
      x += 10 + troubleWidth(node, trouble);
    }
    width = Math.max(width, x);
  });
  return { group, labelWidth: labelStart + width + arrowRoom, above: row + 6, below: 6 + row * edge.queues.length };
}

/** "latest", a bar, "3 / 16": begins at x = 0, on the base line. */
function queueRow(name: string, overflow: string): SVGElement {
  const x = overflow === "" ? 0 : measure(overflow) + 6;
  const bar = svg("rect", { class: "fill", x, y: -9, width: 0, height: 8 });
  updates.push((nodes) => {
    const node = nodes.get(name);
    if (node === undefined) return;
    const share = Math.min(1, node.queue_fill / Math.max(1, node.queue_capacity));
    bar.setAttribute("width", `${share * barWidth}`);
    // A queue of one is a mailbox: being full is its normal state.
    bar.classList.toggle("high", share > 0.8 && node.queue_capacity > 1);
  });
  const trough = svg("rect", { class: "trough", x, y: -9, width: barWidth, height: 8 });
  const numbers = live("queue", name, (n) => `${count(n.queue_fill)} / ${count(n.queue_capacity)}`);
  return svg("g", {}, text("overflow", overflow), trough, bar, at(numbers, x + barWidth + 6, 0));
}

function queueWidth(node: NodeStatus, overflow: string): number {
  const most = count(node.queue_capacity);
  return (overflow === "" ? 0 : measure(overflow) + 6) + barWidth + 6 + measure(`${most} / ${most}`);
}

/** A text that is told anew with every status. */
function live(className: string, name: string, tell: (node: NodeStatus) => string): SVGElement {
  const element = text(className, "");
  updates.push((nodes) => {
    const node = nodes.get(name);
    if (node !== undefined) element.textContent = tell(node);
  });
  return element;
}

const canvas = document.createElement("canvas").getContext("2d");

/** The width of a text as the style sheet draws it. */
function measure(words: string, weight = 400): number {
  if (canvas === null) return 8 * words.length;
  canvas.font = `${weight} 13px ${getComputedStyle(document.body).fontFamily}`;
  return Math.ceil(canvas.measureText(words).width);
}

function text(className: string, words: string): SVGElement {
  return svg("text", { class: className }, words);
}

function at(element: SVGElement, x: number, y: number): SVGElement {
  element.setAttribute("transform", `translate(${x} ${y})`);
  return element;
}

function arrow(): SVGElement {
  const size = { markerWidth: 9, markerHeight: 9, refX: 8.5, refY: 4.5, markerUnits: "userSpaceOnUse", orient: "auto" };
  return svg("marker", { id: "arrow", ...size }, svg("path", { d: "M0 0 9 4.5 0 9z" }));
}

function svg(tag: string, attributes: object, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
