// SPDX-License-Identifier: BSD-3-Clause

const thinSpace = "\u202f";

/** 1234567 -> "1 234 567", with narrow spaces. */
export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

/** Events per second: 0, 0.4, 25.0, 1 250. */
export function rate(hertz: number): string {
  return hertz === 0 || hertz >= 1000 ? count(hertz) : hertz.toFixed(1);
}

/** A measured value with as many digits as one can read at a glance. */
export function measure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return scientific(value);
  if (Number.isInteger(value)) return count(value);
  return size >= 1000 ? count(value) : Number(value.toPrecision(4)).toString();
}

function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(2).split("e");
  return `${mantissa}×10${superscript(Number(exponent))}`;
}

/** -3 -> "⁻³" */
export function superscript(value: number): string {
  return value.toString().replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]!));
}

/** 75 -> "1:15", 3675 -> "1:01:15" */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => n.toString().padStart(2, "0");
  const days = Math.floor(s / 86400);
  const hours = Math.floor(s / 3600) % 24;
  const tail = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  if (days > 0) return `${days} d ${two(hours)}:${tail}`;
  return hours > 0 ? `${hours}:${tail}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** Local time of day of seconds since 1970. */
export function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    ++unit;
  }
  return `${unit === 0 ? scaled : scaled.toPrecision(3)} ${units[unit]}`;
}
