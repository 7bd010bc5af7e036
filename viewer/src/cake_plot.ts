// SPDX-License-Identifier: BSD-3-Clause
import uPlot from "uplot";
import { leftAxis, radialAxis, scaled, written, zoomStep, type Range } from "./axes";
import { colourOf, linearColours, logarithmicColours, type ColourScale } from "./colours";
import { byId, cssValue, setText } from "./dom";
import { count, measure } from "./format";
import { binAt, middleOf, paint, type Bins } from "./heat_map";
import type { CakeMessage } from "./protocol";

interface Zoom {
  x: Range;
  y: Range;
}

/** A bin of the cake as sent. */
interface Bin {
  row: number;
  col: number;
}

const degreeSteps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 45, 90];

/** The live cake: intensity as a colour over the radial coordinate and the azimuth. */
export class CakePlot {
  private readonly host = byId("cake-plot");
  private readonly figure = byId("cake-figure");
  private readonly logarithmic = byId<HTMLInputElement>("cake-log");
  private plot: uPlot | null = null;
  private cake: CakeMessage | null = null;
  private zoom: Zoom | null = null;

  constructor() {
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.host);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    this.logarithmic.addEventListener("change", () => this.plot?.redraw());
    byId("cake-reset-zoom").addEventListener("click", () => this.setZoom(null));
    this.host.addEventListener("keydown", (event) => this.onKey(event));
  }

  show(cake: CakeMessage): void {
    const relabel = this.cake?.unit.name !== cake.unit.name;
    if (relabel) this.zoom = null;
    this.cake = cake;
    if (this.plot === null || relabel) this.rebuild();
    else this.update(this.plot);
    this.figure.dataset.number = cake.number.toString();
    this.figure.dataset.run = cake.run;
    setText("cake-frame", `frame ${cake.number}`);
    byId("cake-empty").hidden = cake.min !== null;
    setText("cake-empty", "Every bin is empty.");
    showScale(cake);
  }

  private size(): { width: number; height: number } {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  private update(plot: uPlot): void {
    if (this.cake === null) return;
    const { x, y } = this.zoom ?? fullRange(binsOf(this.cake));
    plot.batch(() => {
      plot.setData([x, [null, null]], false);
      plot.setScale("x", { min: x[0], max: x[1] });
      plot.setScale("y", { min: y[0], max: y[1] });
    });
    this.tellCursor(plot);
  }

  private setZoom(zoom: Zoom | null): void {
    this.zoom = zoom;
    byId<HTMLButtonElement>("cake-reset-zoom").disabled = zoom === null;
    if (this.plot !== null) this.update(this.plot);
  }

  private colours({ low, high }: CakeMessage): ColourScale {
    return this.logarithmic.checked ? logarithmicColours(low, high) : linearColours(low, high);
  }

  private draw(plot: uPlot): void {
    if (this.cake === null) return;
    const { left, top, width, height } = plot.bbox;
    if (width < 1 || height < 1) return;
    const view = { ...shownRange(plot), width: Math.round(width), height: Math.round(height) };
    const empty = colourOf(cssValue("--masked"));
    plot.ctx.putImageData(paint(binsOf(this.cake), view, this.colours(this.cake), empty), left, top);
  }

  /** The bin under the cursor, of whatever cake is shown. */
  private binAtCursor(plot: uPlot): Bin | null {
    const { left, top } = plot.cursor;
    if (this.cake === null || left === undefined || top === undefined || left < 0 || top < 0) return null;
    const { x, y } = binsOf(this.cake);
    const [row, col] = [binAt(y, plot.posToVal(top, "y")), binAt(x, plot.posToVal(left, "x"))];
    return row < 0 || col < 0 ? null : { row, col };
  }

  private tellCursor(plot: uPlot): void {
    const bin = this.binAtCursor(plot);
    setText("cake-cursor", bin === null ? "" : reading(this.cake!, bin));
  }

  private onKey(event: KeyboardEvent): void {
    const { plot } = this;
    if (plot === null) return;
    const zoomed = (factor: number): Zoom => {
      const { x, y } = shownRange(plot);
      return { x: scaled(x, factor), y: scaled(y, factor) };
    };
    const steps: Record<string, () => void> = {
      ArrowLeft: () => this.moveCursor(plot, 0, -1),
      ArrowRight: () => this.moveCursor(plot, 0, 1),
      ArrowDown: () => this.moveCursor(plot, -1, 0),
      ArrowUp: () => this.moveCursor(plot, 1, 0),
      "+": () => this.setZoom(zoomed(zoomStep)),
      "-": () => this.setZoom(zoomed(1 / zoomStep)),
      "0": () => this.setZoom(null),
      Escape: () => this.setZoom(null),
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    step();
  }

  /** Moves the cursor by bins; it begins in the middle. */
  private moveCursor(plot: uPlot, rows: number, columns: number): void {
    if (this.cake === null) return;
    const { x, y } = binsOf(this.cake);
    const from = this.binAtCursor(plot) ?? { row: (y.length - 1) >> 1, col: (x.length - 1) >> 1 };
    const within = (bin: number, edges: Float64Array): number => Math.min(Math.max(bin, 0), edges.length - 2);
    plot.setCursor({
      left: plot.valToPos(middleOf(x, within(from.col + columns, x)), "x"),
      top: plot.valToPos(middleOf(y, within(from.row + rows, y)), "y"),
    });
  }

  private rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    if (this.cake === null) return;
    this.plot = new uPlot(this.options(this.cake), [[], []], this.host);
    this.plot.root.querySelector("canvas")?.setAttribute("data-testid", "cake-canvas");
    this.update(this.plot);
  }

  private options(cake: CakeMessage): uPlot.Options {
    const free = { grid: { show: false } };
    return {
      ...this.size(),
      legend: { show: false },
      cursor: { drag: { x: true, y: true, uni: 20 }, points: { show: false } },
      scales: { x: { time: false }, y: { auto: false } },
      axes: [
        { ...radialAxis(cake.unit), ...free },
        { ...leftAxis("χ (°)"), ...free, incrs: degreeSteps, space: 18 },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(u) => this.draw(u)],
        setCursor: [(u) => this.tellCursor(u)],
        setSelect: [(u) => this.onSelect(u)],
        ready: [(u) => u.over.addEventListener("dblclick", () => this.setZoom(null))],
      },
    };
  }

  private onSelect(plot: uPlot): void {
    const { left, top, width, height } = plot.select;
    if (width < 3 || height < 3) return;
    const x: Range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    const y: Range = [plot.posToVal(top + height, "y"), plot.posToVal(top, "y")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setZoom({ x, y });
  }
}

function binsOf(cake: CakeMessage): Bins {
  return { x: cake.radial_edges, y: cake.azimuthal_edges, values: cake.intensity };
}

function fullRange({ x, y }: Bins): Zoom {
  return { x: [x[0]!, x[x.length - 1]!], y: [y[0]!, y[y.length - 1]!] };
}

function shownRange(plot: uPlot): Zoom {
  const range = (axis: string): Range => [plot.scales[axis]!.min ?? 0, plot.scales[axis]!.max ?? 1];
  return { x: range("x"), y: range("y") };
}

/** "q = 20.125 nm⁻¹   χ = -45.5°   I = 123.4" */
function reading(cake: CakeMessage, { row, col }: Bin): string {
  const { x, y, values } = binsOf(cake);
  const [quantity, symbol] = written(cake.unit);
  const digits = (value: number): number => Number(value.toPrecision(5));
  const value = values[row * (x.length - 1) + col]!;
  const intensity = Number.isNaN(value) ? "empty bin" : `I = ${measure(value)}`;
  return `${quantity} = ${digits(middleOf(x, col))} ${symbol}   χ = ${digits(middleOf(y, row))}°   ${intensity}`;
}

function showScale(cake: CakeMessage): void {
  const { azimuthal_bins: rows, radial_bins: columns } = cake;
  byId("cake-details").hidden = false;
  byId("cake-ramp").hidden = cake.min === null;
  setText("cake-low", measure(Number(cake.low.toPrecision(2))));
  setText("cake-high", measure(Number(cake.high.toPrecision(3))));
  setText("cake-size", `${count(rows)} × ${count(columns)} bins, ${((100 * cake.empty) / (rows * columns)).toFixed(1)} % empty`);
}
