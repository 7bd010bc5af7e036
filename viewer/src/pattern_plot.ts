// SPDX-License-Identifier: BSD-3-Clause
import uPlot from "uplot";
import { leftAxis, radialAxis, scaled, tickText, written, zoomStep, type Range } from "./axes";
import { byId, cssValue, setText } from "./dom";
import { measure } from "./format";
import type { PatternMessage } from "./protocol";

type Column = (number | null)[];

/** The live pattern: intensity over the radial coordinate with its error band. */
export class PatternPlot {
  private readonly host = byId("pattern-plot");
  private readonly figure = byId("pattern-figure");
  private plot: uPlot | null = null;
  private pattern: PatternMessage | null = null;
  private zoom: Range | null = null;

  constructor() {
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.host);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    for (const id of ["log-scale", "error-band"]) byId(id).addEventListener("change", () => this.rebuild());
    byId("reset-zoom").addEventListener("click", () => this.setZoom(null));
    this.host.addEventListener("keydown", (event) => this.onKey(event));
  }

  show(pattern: PatternMessage): void {
    const relabel = this.pattern?.unit.name !== pattern.unit.name;
    if (relabel) this.zoom = null;
    this.pattern = pattern;
    if (this.plot === null || relabel) this.rebuild();
    else this.update(this.plot);
    this.figure.dataset.points = pattern.x.length.toString();
    this.figure.dataset.number = pattern.number.toString();
    this.figure.dataset.run = pattern.run;
    setText("pattern-frame", `frame ${pattern.number}`);
    byId("pattern-empty").hidden = true;
  }

  private get logarithmic(): boolean {
    return byId<HTMLInputElement>("log-scale").checked;
  }

  private size(): { width: number; height: number } {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  /** x, intensity, upper and lower edge of the band; what the scale cannot show becomes a gap. */
  private columns(pattern: PatternMessage): uPlot.AlignedData {
    const shown = (value: number): number | null =>
      Number.isFinite(value) && (!this.logarithmic || value > 0) ? value : null;
    const intensity: Column = Array.from(pattern.intensity, shown);
    const { sigma } = pattern;
    const band = sigma !== undefined && byId<HTMLInputElement>("error-band").checked;
    const upper: Column = band ? intensity.map((v, i) => (v === null ? null : v + sigma[i]!)) : intensity.map(() => null);
    const floor = this.lowestShown(intensity);
    const lower: Column = band
      ? intensity.map((v, i) => (v === null ? null : Math.max(v - sigma[i]!, floor)))
      : intensity.map(() => null);
    return [Array.from(pattern.x), intensity, upper, lower];
  }

  /** A band that reaches below zero must not stretch a logarithmic axis: it ends a little below the curve. */
  private lowestShown(intensity: Column): number {
    if (!this.logarithmic) return -Infinity;
    let lowest = Infinity;
    for (const v of intensity) if (v !== null && v < lowest) lowest = v;
    return lowest / 2;
  }

  private update(plot: uPlot): void {
    if (this.pattern === null) return;
    const columns = this.columns(this.pattern);
    const x = columns[0] as number[];
    plot.batch(() => {
      plot.setData(columns, false);
      const [min, max] = this.zoom ?? [x[0] ?? 0, x[x.length - 1] ?? 1];
      plot.setScale("x", { min, max });
    });
    this.tellCursor(plot);
  }

  private setZoom(range: Range | null): void {
    this.zoom = range;
    byId<HTMLButtonElement>("reset-zoom").disabled = range === null;
    if (this.plot !== null) this.update(this.plot);
  }

  private tellCursor(plot: uPlot): void {
    const at = plot.cursor.idx;
    const { pattern } = this;
    if (at === null || at === undefined || pattern === null) {
      setText("pattern-cursor", "");
      return;
    }
    const [quantity, symbol] = written(pattern.unit);
    const sigma = pattern.sigma === undefined ? "" : ` ± ${measure(pattern.sigma[at])}`;
    const x = Number(pattern.x[at]!.toPrecision(5));
    setText("pattern-cursor", `${quantity} = ${x} ${symbol}   I = ${measure(pattern.intensity[at])}${sigma}`);
  }

  private onKey(event: KeyboardEvent): void {
    const { plot } = this;
    if (plot === null) return;
    const { min, max } = plot.scales["x"]!;
    if (min === undefined || max === undefined) return;
    const steps: Record<string, () => void> = {
      ArrowLeft: () => this.moveCursor(plot, -1),
      ArrowRight: () => this.moveCursor(plot, 1),
      "+": () => this.setZoom(scaled([min, max], zoomStep)),
      "-": () => this.setZoom(scaled([min, max], 1 / zoomStep)),
      "0": () => this.setZoom(null),
      Escape: () => this.setZoom(null),
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    step();
  }

  private moveCursor(plot: uPlot, by: number): void {
    const x = plot.data[0];
    const at = Math.min(Math.max((plot.cursor.idx ?? Math.floor(x.length / 2)) + by, 0), x.length - 1);
    const intensity = plot.data[1]![at];
    plot.setCursor({ left: plot.valToPos(x[at]!, "x"), top: intensity == null ? 0 : plot.valToPos(intensity, "y") });
  }

  private rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    if (this.pattern === null) return;
    this.plot = new uPlot(this.options(this.pattern), this.columns(this.pattern), this.host);
    this.plot.root.querySelector("canvas")?.setAttribute("data-testid", "pattern-canvas");
    this.update(this.plot);
  }

  private options(pattern: PatternMessage): uPlot.Options {
    const accent = cssValue("--accent");
    const line = { points: { show: false }, pxAlign: 0 };
    const edge = { ...line, stroke: "transparent", width: 0 };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 7 }, y: false },
      scales: {
        x: { time: false },
        y: { distr: this.logarithmic ? 3 : 1, range: (_u, lo, hi) => this.rangeOf(lo, hi) },
      },
      axes: [
        radialAxis(pattern.unit),
        { ...leftAxis("intensity"), values: (_u, ticks) => ticks.map(tickText) },
      ],
      series: [
        {},
        { ...line, label: "intensity", stroke: accent, width: 1.5, spanGaps: false },
        edge,
        edge,
      ],
      bands: [{ series: [2, 3], fill: cssValue("--band") }],
      hooks: {
        setCursor: [(u) => this.tellCursor(u)],
        setSelect: [(u) => this.onSelect(u)],
        ready: [(u) => u.over.addEventListener("dblclick", () => this.setZoom(null))],
      },
    };
  }

  private onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 3) return;
    const range: Range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setZoom(range);
  }

  /** Linear axes keep zero in sight, with a little air above; logarithmic ones end at 1, 2 or 5 times a power of ten. */
  private rangeOf(lo: number | null, hi: number | null): Range {
    if (lo === null || hi === null || !(hi > lo)) return this.logarithmic ? [1, 10] : [0, Math.max(1, (hi ?? 0) * 1.1)];
    if (this.logarithmic) return [roundDown(lo), roundUp(hi)];
    return [Math.min(0, lo), hi + 0.05 * (hi - Math.min(0, lo))];
  }
}

/** The largest of 1, 2, 5 times a power of ten that is at most `value`. */
function roundDown(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * (value >= 5 * decade ? 5 : value >= 2 * decade ? 2 : 1);
}

function roundUp(value: number): number {
  return 1 / roundDown(1 / value);
}
