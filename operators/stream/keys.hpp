// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What operators that ask for a key or a condition take when they are given none.

namespace annulus {

/// The element itself, for operators that ask for a key.
struct Identity {
  template <class T>
  const T& operator()(const T& element) const {
    return element;
  }
};
/// One key for all.
struct NoKey {
  template <class T>
  int operator()(const T&) const {
    return 0;
  }
};
/// No element is the last of its group.
struct Never {
  template <class T>
  bool operator()(const T&) const {
    return false;
  }
};

}  // namespace annulus
