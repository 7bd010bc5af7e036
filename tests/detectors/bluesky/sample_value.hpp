// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <limits>
#include <string>

#include "operators/data/value.hpp"

namespace annulus::bluesky::testing {

/// A value with every type that all three encodings keep.
inline Value sample_plain_value() {
  return Dict{{"null", nullptr},
              {"flags", List{true, false}},
              {"small", 7},
              {"negative", -70000},
              {"least", std::numeric_limits<std::int64_t>::min()},
              {"most", std::numeric_limits<std::uint64_t>::max()},
              {"whole", 3.0},
              {"third", 1.0 / 3.0},
              {"huge", 1e300},
              {"text", "quote \" backslash \\ newline \n and \xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x89"},
              {"long", std::string(300, 'x')},
              {"empty", Dict{{"", List{}}, {"dict", Dict{}}}}};
}

/// As sample_plain_value, with what JSON cannot tell: bytes and arrays.
inline Value sample_value() {
  Value value = sample_plain_value();
  Dict& dict = *value.get_if<Dict>();
  dict.set("bytes", Bytes{std::string("\0\xff", 2)});
  dict.set("image", Array::of<std::uint16_t>({2, 3}, {1, 2, 3, 4, 5, 65535}));
  dict.set("curve", Array::of<double>({3}, {0.5, -1.5, 1e-30}));
  dict.set("none", Array::of<std::int8_t>({0, 3}, {}));
  dict.set("point", Array::of<float>({}, {2.5F}));
  return value;
}

}  // namespace annulus::bluesky::testing
