// SPDX-License-Identifier: BSD-3-Clause
// Bins of any widths as the pixels of a screen.
import type { Range } from "./axes";
import type { Colour, ColourScale } from "./colours";

/** Values over bins: (rows, columns), the lowest row first; NaN where there is none. */
export interface Bins {
  x: Float64Array; // (columns + 1) edges, increasing
  y: Float64Array; // (rows + 1) edges, increasing
  values: Float32Array;
}

/** What a picture shows: ranges along both axes, as pixels. */
export interface View {
  x: Range;
  y: Range;
  width: number;
  height: number;
}

/** The bin that a coordinate lies in; -1 outside. The last bin has its upper edge. */
export function binAt(edges: Float64Array, at: number): number {
  const bins = edges.length - 1;
  if (!(at >= edges[0]! && at <= edges[bins]!)) return -1;
  return Math.min(firstAbove(bins, (i) => edges[i]!, at) - 1, bins - 1);
}

export function middleOf(edges: Float64Array, bin: number): number {
  return (edges[bin]! + edges[bin + 1]!) / 2;
}

/** Draws the bins: a pixel that covers several has the colour of their mean, without those that are empty. */
export function paint(bins: Bins, view: View, colour: ColourScale, empty: Colour): ImageData {
  const { width, height } = view;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const across = binsOfPixels(bins.x, view.x, width);
  const up = binsOfPixels(bins.y, view.y, height);
  for (let line = 0; line < height; ++line) {
    const [at, row] = [line * width, height - 1 - line];
    if (line > 0 && same(up, row, row + 1)) {
      pixels.copyWithin(at, at - width, at);
      continue;
    }
    for (let col = 0; col < width; ++col) {
      pixels[at + col] = col > 0 && same(across, col, col - 1) ? pixels[at + col - 1]! : shown(bins, up, row, across, col, colour, empty);
    }
  }
  return image;
}

/** First bin, and the one after the last, of each pixel from the lower end of the range on. */
type Spans = Int32Array;

/** A pixel has the bins whose middles it covers; where bins are wider than pixels, the one that it lies in. */
function binsOfPixels(edges: Float64Array, [low, high]: Range, pixels: number): Spans {
  const spans = new Int32Array(2 * pixels);
  const bins = edges.length - 1;
  const step = (high - low) / pixels;
  const middlesBelow = (at: number): number => firstAbove(bins - 1, (i) => middleOf(edges, i), at);
  let first = middlesBelow(low);
  for (let pixel = 0; pixel < pixels; ++pixel) {
    const last = middlesBelow(low + (pixel + 1) * step);
    const only = first === last ? binAt(edges, low + (pixel + 0.5) * step) : -1;
    spans[2 * pixel] = only >= 0 ? only : first;
    spans[2 * pixel + 1] = only >= 0 ? only + 1 : last;
    first = last;
  }
  return spans;
}

function same(spans: Spans, a: number, b: number): boolean {
  return spans[2 * a] === spans[2 * b] && spans[2 * a + 1] === spans[2 * b + 1];
}

/** The colour of one pixel: transparent outside of the bins. */
function shown(bins: Bins, up: Spans, row: number, across: Spans, col: number, colour: ColourScale, empty: Colour): Colour {
  const [firstRow, lastRow, firstCol, lastCol] = [up[2 * row]!, up[2 * row + 1]!, across[2 * col]!, across[2 * col + 1]!];
  if (firstRow === lastRow || firstCol === lastCol) return 0;
  const columns = bins.x.length - 1;
  let [sum, valid] = [0, 0];
  for (let r = firstRow; r < lastRow; ++r) {
    for (let c = firstCol; c < lastCol; ++c) {
      const value = bins.values[r * columns + c]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      ++valid;
    }
  }
  return valid > 0 ? colour(sum / valid) : empty;
}

/** The first of the indices 0 to `last` whose increasing value is above `at`; `last + 1` when there is none. */
function firstAbove(last: number, value: (index: number) => number, at: number): number {
  let [low, high] = [0, last + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(middle) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
