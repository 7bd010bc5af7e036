// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "operators/data/array.hpp"

#include "detectors/hdf5/object.hpp"

namespace annulus::hdf5 {

/// What the chunks of a dataset went through: a filter by its registered number, and its settings.
struct Filter {
  int number = 0;
  std::string name{};
  std::vector<unsigned> settings{};
};

/// An n-dimensional table of numbers or fixed-width texts. A "row" is everything under one index of the first
/// dimension. Every function throws IoError with HDF5's cause, DataError where types or sizes do not fit.
class Dataset final : public Object {
 public:
  using Object::Object;

  [[nodiscard]] Shape shape() const;
  /// Type of the elements when read. Throws DataError when they are no numbers.
  [[nodiscard]] DType dtype() const;

  /// Sets the number of rows of a dataset made with Growth::rows. New rows hold the fill value.
  void resize_rows(std::size_t rows);

  /// Overwrites whole rows from row `first` on; `values.size()` must be a multiple of the elements of a row.
  template <class T>
  void write_rows(std::size_t first, std::span<const T> values) {
    write_bytes(first, dtype_of<T>(), values.size(), std::as_bytes(values));
  }

  /// Overwrites rows of a dataset of fixed-width texts; longer texts are cut between characters.
  void write_text_rows(std::size_t first, std::span<const std::string> texts);
  /// Overwrites a scalar of fixed-width text.
  void write_text(const std::string& text);

  /// Everything.
  [[nodiscard]] Array read() const;
  /// Rows `first` to `first + count - 1`; the shape keeps its rank.
  [[nodiscard]] Array read_rows(std::size_t first, std::size_t count) const;
  /// Whether row `row` has been written: false while its chunks are not in the file though its number is. Always true
  /// for datasets that are not stored in chunks of their own.
  [[nodiscard]] bool has_row(std::size_t row) const;
  /// A scalar text of any kind.
  [[nodiscard]] std::string read_text() const;

  /// Brings what was written to the file, data before the index that points to it: a reader in SWMR mode sees it,
  /// and it survives the death of this process.
  void flush();
  /// Looks at the file again: a reader in SWMR mode sees rows that were appended since.
  void refresh();

  /// True when the values lie in other files that need not be HDF5 (external storage).
  [[nodiscard]] bool is_stored_outside() const;

  /// The filters of the chunks, in the order of writing.
  [[nodiscard]] std::vector<Filter> filters() const;
  /// The extent of a chunk; empty for a dataset that is not stored in chunks of its own.
  [[nodiscard]] Shape chunk_shape() const;
  /// Whether numbers are stored as they are in memory: same type, same order of bytes.
  [[nodiscard]] bool is_stored_as_read() const;
  /// The bytes of the chunk that begins at row `row`, and at 0 in all other dimensions, as its filters left them.
  /// Throws DataError when it was written without some of them.
  [[nodiscard]] std::vector<std::byte> read_stored_chunk(std::size_t row) const;

  /// Throws IoError when the chunks went through a filter that this HDF5 does not have (bitshuffle without plugin).
  void require_filters() const;

 private:
  void write_bytes(std::size_t first, DType dtype, std::size_t count, std::span<const std::byte> bytes);
  void write_fixed_text(Id file_space, std::span<const std::string> texts);
};

}  // namespace annulus::hdf5
