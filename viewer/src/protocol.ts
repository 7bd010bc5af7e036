// SPDX-License-Identifier: BSD-3-Clause
// The messages of docs/viewer-protocol.md.

export interface Unit {
  name: string;
  quantity: string;
  symbol: string;
}

export interface PatternMessage {
  type: "pattern";
  name: string;
  run: string;
  number: number;
  time: number;
  unit: Unit;
  x: Float64Array;
  intensity: Float32Array;
  sigma?: Float32Array;
}

export interface CakeMessage {
  type: "cake";
  name: string;
  run: string;
  number: number;
  time: number;
  unit: Unit;
  azimuthal_bins: number;
  radial_bins: number;
  low: number;
  high: number;
  min: number | null;
  max: number | null;
  empty: number;
  radial_edges: Float64Array;
  azimuthal_edges: Float64Array;
  intensity: Float32Array;
}

export interface PreviewMessage {
  type: "preview";
  run: string;
  number: number;
  time: number;
  frame_rows: number;
  frame_cols: number;
  rows: number;
  cols: number;
  low: number;
  high: number;
  min: number | null;
  max: number | null;
  total: number;
  masked: number;
  png: Uint8Array;
}

export interface RunMessage {
  type: "run";
  uid: string;
  outcome: string;
  start: Record<string, unknown>;
}

export interface FrameCounts {
  received: number;
  reduced: number;
  written: number;
  published: number;
  filtered: number;
  lost: number;
  rejected: number;
  failed: number;
  dropped: number;
}

export interface RunStatus {
  uid: string;
  scan_id: string;
  title: string;
  started: number;
  stopped: number;
  outcome: string;
  expected: number;
  frames: FrameCounts;
}

export interface NodeStatus {
  name: string;
  type: string;
  in: number;
  out: number;
  errors: number;
  dropped: number;
  queue_fill: number;
  queue_capacity: number;
  in_hz: number;
  out_hz: number;
}

export interface EdgeStatus {
  from: string;
  from_port: string;
  to: string;
  to_port: string;
  payload: string;
  queues: { node: string; overflow: string; capacity: number }[];
}

export interface SourceStatus {
  name: string;
  messages: number;
  bytes: number;
  refused: Record<string, number>;
}

export interface ErrorStatus {
  time: number;
  node: string;
  run: string;
  frame: number | null;
  message: string;
}

export interface StatusMessage {
  type: "status";
  name: string;
  version: string;
  time: number;
  uptime_s: number;
  state: "starting" | "idle" | "running" | "stopping" | "failed";
  problem: string;
  run: RunStatus | null;
  runs: number;
  totals: FrameCounts;
  rate_hz: number;
  file: string;
  nodes: NodeStatus[];
  edges: EdgeStatus[];
  sources: SourceStatus[];
  errors: ErrorStatus[];
}

export type Message = PatternMessage | CakeMessage | PreviewMessage | RunMessage | StatusMessage;

interface Section {
  name: string;
  dtype: "float64" | "float32" | "uint8";
  offset: number;
  count: number;
}

const views = { float64: Float64Array, float32: Float32Array, uint8: Uint8Array };

/** A message as the page uses it: the sections of a binary one become typed arrays over the received bytes. */
export function decode(data: string | ArrayBuffer): Message {
  if (typeof data === "string") return JSON.parse(data) as Message;
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  for (const section of header.sections as Section[]) {
    header[section.name] = new views[section.dtype](data, 4 + length + section.offset, section.count);
  }
  return header as Message;
}
