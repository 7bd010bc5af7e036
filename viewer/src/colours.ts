// SPDX-License-Identifier: BSD-3-Clause
// The colours of the frame's picture, for what the page draws itself.

/** A colour as a number that lies in memory as red, green, blue, opacity. */
export type Colour = number;

/** The colour of a value that is finite. */
export type ColourScale = (value: number) => Colour;

// Every fifth of the 256 colours of "inferno" (S. van der Walt and N. Smith, CC0): between them it is all but linear.
const stops = (
  "00000402020c0504170a072210092d160b391e0c45260c512f0a5b380962400a67490b6a510e6c" +
  "59106e61136e69166e71196e781c6d801f6c88226a902568982766a02a63a82e5fb0315bb73557" +
  "bf3952c63d4dcc4248d34743d94d3ddf5337e45a31e9612bed6925f1711ff47918f78212f98b0b" +
  "fa9407fb9d07fca60cfcb014fbba1ffac42af8cd37f6d746f4e156f2ea69f2f27df5f992fcffa4"
)
  .match(/../g)!
  .map((digits) => parseInt(digits, 16));

const inferno = Uint32Array.from({ length: 256 }, (_, level) => {
  const stop = Math.min(Math.floor(level / 5), 50);
  const part = level / 5 - stop;
  const channel = (i: number): number => Math.round(stops[3 * stop + i]! * (1 - part) + stops[3 * stop + 3 + i]! * part);
  return packed(channel(0), channel(1), channel(2));
});

function packed(red: number, green: number, blue: number): Colour {
  return new Uint32Array(Uint8ClampedArray.of(red, green, blue, 255).buffer)[0]!;
}

/** The colour of "#405462". */
export function colourOf(text: string): Colour {
  const value = parseInt(text.slice(1), 16);
  return packed(value >> 16, (value >> 8) & 255, value & 255);
}

export function linearColours(low: number, high: number): ColourScale {
  return (value) => inferno[level((value - low) / (high - low))]!;
}

/** log(1 + value above zero), as the frame is drawn; what is small throughout is enlarged before, or it would be linear. */
export function logarithmicColours(low: number, high: number): ColourScale {
  const zero = Math.min(0, low);
  const one = Math.min(1, (high - zero) / 100);
  const height = (value: number): number => Math.log1p((value - zero) / one);
  const [bottom, top] = [height(low), height(high)];
  return (value) => inferno[level((height(Math.max(value, low)) - bottom) / (top - bottom))]!;
}

function level(share: number): number {
  return Math.round(255 * Math.min(Math.max(share, 0), 1));
}
