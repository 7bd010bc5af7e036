// SPDX-License-Identifier: BSD-3-Clause
// What the plots' axes have in common.
import type uPlot from "uplot";
import { cssValue } from "./dom";
import { measure, superscript } from "./format";
import type { Unit } from "./protocol";

export type Range = [number, number];

export const zoomStep = 0.8;

const quantities: Record<string, string> = { "2theta": "2θ", "d^-2": "d⁻²", chi: "χ" };
const symbols: Record<string, string> = {
  "1/nm": "nm⁻¹",
  "1/angstrom": "Å⁻¹",
  "1/nm^2": "nm⁻²",
  "1/angstrom^2": "Å⁻²",
  angstrom: "Å",
  degrees: "°",
};

/** ["q", "nm⁻¹"], ["2θ", "°"]: how scientists write what the configuration spells q_nm^-1. */
export function written(unit: Unit): [string, string] {
  return [quantities[unit.quantity] ?? unit.quantity, symbols[unit.symbol] ?? unit.symbol];
}

/** "q (nm⁻¹)", "2θ (°)", "ln(q nm)". */
function axisLabel(unit: Unit): string {
  const [quantity, symbol] = written(unit);
  return symbol === "" ? quantity : `${quantity} (${symbol})`;
}

/** The axis below a plot. */
export function radialAxis(unit: Unit): uPlot.Axis {
  return { ...axisStyle(), label: axisLabel(unit), labelSize: 22, size: 34 };
}

/** The axis on the left: as wide in every plot, so that plots one above the other share their radial axis. */
export function leftAxis(label: string): uPlot.Axis {
  return { ...axisStyle(), label, labelSize: 20, size: 62 };
}

function axisStyle(): uPlot.Axis {
  return {
    stroke: cssValue("--muted"),
    font: "12px system-ui, sans-serif",
    labelFont: "13px system-ui, sans-serif",
    grid: { stroke: cssValue("--grid"), width: 1 },
    ticks: { stroke: cssValue("--grid"), width: 1, size: 5 },
  };
}

/** The range about the same middle, `factor` as wide. */
export function scaled([min, max]: Range, factor: number): Range {
  const middle = (min + max) / 2;
  const half = ((max - min) / 2) * factor;
  return [middle - half, middle + half];
}

/** Short tick labels: 20 000 and 10⁵ rather than 100000. */
export function tickText(value: number | null): string {
  if (value === null) return "";
  const exponent = Math.log10(Math.abs(value));
  if (value !== 0 && Number.isInteger(exponent) && Math.abs(exponent) >= 4) return `10${superscript(exponent)}`;
  return measure(value);
}
