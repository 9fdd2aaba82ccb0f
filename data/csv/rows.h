// Where the rows of a table begin and end.
#ifndef TENON_DATA_CSV_ROWS_H_
#define TENON_DATA_CSV_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::data::csv {

/// Rows of `text`: line ends outside of quotes, and one more where text follows the last.
std::int64_t count_rows(std::string_view text);

/// The bytes up to the end of the last whole row, its line end included; 0 where no row ends.
std::size_t whole_rows(std::string_view text);

/// `text` cut after line ends into at most `parts` pieces of about the same size. In one piece
/// where there are quotes: only from the front can one tell which line ends they enclose.
std::vector<std::string_view> split_rows(std::string_view text, int parts);

}  // namespace tenon::data::csv

#endif  // TENON_DATA_CSV_ROWS_H_
