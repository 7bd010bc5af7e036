// SPDX-License-Identifier: BSD-3-Clause
// Places boxes in columns from left to right, and lines between them. A column is a channel where lines may slope and
// cross, then a strip for the labels of the lines that end here, then the boxes. Every line that ends at a box has a
// lane of its own, as high as its label: labels meet neither each other nor a box nor another line.

export interface Box {
  name: string;
  width: number;
  height: number;
}

export interface Line {
  from: string;
  to: string;
  labelWidth: number;
  above: number; // height of the label above the line
  below: number; // and below it
}

export interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  boxes: Map<string, Placed>;
  lines: { path: string; x: number; y: number }[]; // x, y: the beginning of the lane
}

type Point = [number, number];

/** Something in a column: a box, or a line on its way to a later column. */
interface Item {
  column: number;
  height: number;
  before: Item[];
  after: Item[];
  y: number; // of the middle
}

/** Where a column's labels begin, and its boxes begin and end. */
interface Column {
  labels: number;
  left: number;
  right: number;
}

const channel = 44;
const gap = 16; // between what stands one above the other
const corner = 10;
const sweeps = 9;

export function layOut(boxes: Box[], lines: Line[]): Layout {
  const columnOf = columnsOf(boxes, lines);
  const items = new Map<string, Item>();
  for (const { name, height } of boxes) {
    const lanes = lines.filter((line) => line.to === name).map((line) => line.above + line.below);
    items.set(name, item(columnOf.get(name)!, Math.max(height, sum(lanes))));
  }
  const all = [...items.values()];
  const routes = lines.map((line) => connect(items.get(line.from)!, items.get(line.to)!, all));
  settle(all);
  const bottom = moveToTop(all);
  const columns = columnSizes(boxes, lines, columnOf);

  const starts = startsOf(lines, items, routes);
  const ends = endsOf(lines, items, routes);
  let turns = 0;
  const drawn = lines.map((line, i) => {
    const [first, last] = [columns[columnOf.get(line.from)!]!, columns[columnOf.get(line.to)!]!];
    const [start, end]: [Point, Point] = [[first.right, starts[i]!], [last.left, ends[i]!]];
    const route = routes[i];
    const through = (route ?? []).map((via) => ({ at: columns[via.column]!, y: via.y }));
    const path = route
      ? forward(start, end, [...through, { at: last, y: ends[i]! }])
      : turnBack(start, end, last.labels, bottom, ++turns);
    return { path, x: last.labels, y: ends[i]! };
  });
  const placed = [...items].map(([name, { column, height, y }]): [string, Placed] => {
    const { left, right } = columns[column]!;
    return [name, { x: left, y: y - height / 2, width: right - left, height }];
  });
  const width = Math.max(0, ...columns.map((column) => column.right)) + (turns > 0 ? channel : 0);
  return { width, height: bottom + gap * turns, boxes: new Map(placed), lines: drawn };
}

/** The column of each box: one after the last of those it listens to. Lines that close a circle do not count. */
function columnsOf(boxes: Box[], lines: Line[]): Map<string, number> {
  const closing = circleLines(boxes, lines);
  const open = lines.filter((line) => !closing.has(line));
  const columns = new Map<string, number>();
  const find = (name: string): number => {
    const known = columns.get(name);
    if (known !== undefined) return known;
    const column = Math.max(-1, ...open.filter((line) => line.to === name).map((line) => find(line.from))) + 1;
    columns.set(name, column);
    return column;
  };
  boxes.forEach((box) => find(box.name));
  // What listens to nobody stands just before the first that listens to it.
  for (const { name } of boxes) {
    const next = open.filter((line) => line.from === name).map((line) => columns.get(line.to)!);
    if (!open.some((line) => line.to === name) && next.length > 0) columns.set(name, Math.min(...next) - 1);
  }
  return columns;
}

function circleLines(boxes: Box[], lines: Line[]): Set<Line> {
  const closing = new Set<Line>();
  const state = new Map<string, "open" | "done">();
  const visit = (name: string): void => {
    state.set(name, "open");
    for (const line of lines.filter((each) => each.from === name)) {
      if (state.get(line.to) === "open") closing.add(line);
      else if (!state.has(line.to)) visit(line.to);
    }
    state.set(name, "done");
  };
  for (const { name } of boxes) if (!state.has(name)) visit(name);
  return closing;
}

/** Links two items through one new item in each column between them, which it returns; null for a line back. */
function connect(from: Item, to: Item, all: Item[]): Item[] | null {
  if (to.column <= from.column) return null;
  const route: Item[] = [];
  for (let column = from.column + 1; column < to.column; ++column) route.push(item(column, 0));
  all.push(...route);
  [...route, to].reduce((previous, next) => {
    previous.after.push(next);
    next.before.push(previous);
    return next;
  }, from);
  return route;
}

function item(column: number, height: number): Item {
  return { column, height, before: [], after: [], y: 0 };
}

/** Orders each column so that few lines cross, and moves each item towards those it is linked with. */
function settle(all: Item[]): void {
  const grid: Item[][] = [];
  for (const each of all) (grid[each.column] ??= []).push(each);
  const sweep = (act: (column: Item[], linked: "before" | "after") => void): void => {
    for (let i = 0; i < sweeps; ++i) {
      if (i % 2 === 0) grid.forEach((column) => act(column, "before"));
      else [...grid].reverse().forEach((column) => act(column, "after"));
    }
  };
  grid.forEach((column) => column.forEach((each, i) => (each.y = i)));
  sweep((column, linked) => {
    const wanted = new Map(column.map((each) => [each, middleOf(each[linked]) ?? each.y]));
    column.sort((a, b) => wanted.get(a)! - wanted.get(b)!).forEach((each, i) => (each.y = i));
  });
  grid.forEach((column) => place(column, column.map(() => 0)));
  sweep((column, linked) => place(column, column.map((each) => middleOf(each[linked]) ?? each.y)));
}

/** Moves the items of a column as close to where they want to be as their order and heights allow (least squares). */
function place(column: Item[], wanted: number[]): void {
  let distance = 0;
  const distances = column.map((each, i) => {
    if (i > 0) distance += (column[i - 1]!.height + each.height) / 2 + gap;
    return distance;
  });
  const blocks: { total: number; count: number }[] = [];
  wanted.forEach((y, i) => {
    blocks.push({ total: y - distances[i]!, count: 1 });
    for (let last = blocks.length - 1; last > 0; --last) {
      const [a, b] = [blocks[last - 1]!, blocks[last]!];
      if (a.total / a.count <= b.total / b.count) break;
      blocks.splice(last - 1, 2, { total: a.total + b.total, count: a.count + b.count });
    }
  });
  let i = 0;
  for (const { total, count } of blocks) {
    for (const end = i + count; i < end; ++i) column[i]!.y = total / count + distances[i]!;
  }
}

/** Returns the lowest end. */
function moveToTop(all: Item[]): number {
  const top = Math.min(...all.map((each) => each.y - each.height / 2));
  for (const each of all) each.y -= top;
  return Math.max(0, ...all.map((each) => each.y + each.height / 2));
}

function columnSizes(boxes: Box[], lines: Line[], columnOf: Map<string, number>): Column[] {
  const columns: Column[] = [];
  let x = 0;
  for (let i = 0; i <= Math.max(-1, ...columnOf.values()); ++i) {
    const ending = lines.filter((line) => columnOf.get(line.to) === i);
    const labels = x + (i > 0 || ending.length > 0 ? channel : 0);
    const left = labels + Math.max(0, ...ending.map((line) => line.labelWidth));
    x = left + Math.max(0, ...boxes.filter((box) => columnOf.get(box.name) === i).map((box) => box.width));
    columns.push({ labels, left, right: x });
  }
  return columns;
}

type Routes = (Item[] | null)[];

/** The height at which each line leaves its box: in the order of where they go. */
function startsOf(lines: Line[], items: Map<string, Item>, routes: Routes): number[] {
  const goal = (i: number): number => (routes[i] === null ? Infinity : (routes[i]![0] ?? items.get(lines[i]!.to)!).y);
  const starts: number[] = [];
  for (const [name, { y, height }] of items) {
    const leaving = sorted(lines, (line) => line.from === name, goal);
    leaving.forEach((i, k) => (starts[i] = y + height * ((k + 1) / (leaving.length + 1) - 0.5)));
  }
  return starts;
}

/** The height at which each line arrives: the lanes of a box, in the order of where they come from. */
function endsOf(lines: Line[], items: Map<string, Item>, routes: Routes): number[] {
  const origin = (i: number): number =>
    routes[i] === null ? Infinity : (routes[i]![routes[i]!.length - 1] ?? items.get(lines[i]!.from)!).y;
  const ends: number[] = [];
  for (const [name, { y }] of items) {
    const lanes = sorted(lines, (line) => line.to === name, origin);
    let top = y - sum(lanes.map((i) => lines[i]!.above + lines[i]!.below)) / 2;
    for (const i of lanes) {
      ends[i] = top + lines[i]!.above;
      top += lines[i]!.above + lines[i]!.below;
    }
  }
  return ends;
}

/** The indices of the lines that `belongs` picks, by their `key`. */
function sorted(lines: Line[], belongs: (line: Line) => boolean, key: (index: number) => number): number[] {
  const indices = lines.flatMap((line, i) => (belongs(line) ? [i] : []));
  return indices.sort((a, b) => (key(a) === key(b) ? a - b : key(a) - key(b)));
}

/** A path that slopes in the channels and is level in the columns. */
function forward(start: Point, end: Point, stops: { at: Column; y: number }[]): string {
  let [x, y] = start;
  let path = `M${x} ${y}`;
  for (const [i, stop] of stops.entries()) {
    const middle = (x + stop.at.labels) / 2;
    path += `C${middle} ${y} ${middle} ${stop.y} ${stop.at.labels} ${stop.y}`;
    [x, y] = i + 1 < stops.length ? [stop.at.right, stop.y] : end;
    path += `H${x}`;
  }
  return path;
}

/** A path down, back under everything, and up again; each turn keeps away from the others. */
function turnBack([x, y]: Point, [endX, endY]: Point, labels: number, bottom: number, turn: number): string {
  const r = corner;
  const aside = 6 * (turn % 4);
  const under = bottom + gap * turn;
  const inside = labels - r - aside;
  return (
    `M${x} ${y}h${aside}q${r} 0 ${r} ${r}V${under - r}q0 ${r} ${-r} ${r}` +
    `H${inside + r}q${-r} 0 ${-r} ${-r}V${endY + r}q0 ${-r} ${r} ${-r}H${endX}`
  );
}

function middleOf(items: Item[]): number | undefined {
  return items.length === 0 ? undefined : sum(items.map((each) => each.y)) / items.length;
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
