// Tables of text, columns aligned.
#ifndef TENON_LAYERS_INTERNAL_TEXT_TABLE_H_
#define TENON_LAYERS_INTERNAL_TEXT_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::layers::internal {

/// Rows of cells under the first row, the head. The first `left` columns are aligned to the left,
/// numbers after them to the right; two blanks between columns, none at the ends of lines.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t left);

/// "62,006".
std::string with_commas(std::int64_t number);

/// "488.3 KiB".
std::string readable_bytes(std::size_t bytes);

/// "1.2 M", in powers of 1000; "" for 0.
std::string readable_count(double number);

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_TEXT_TABLE_H_
