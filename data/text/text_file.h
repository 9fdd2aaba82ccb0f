// Text files for language modelling.
//
//   absl::StatusOr<std::string> valid = load_wikitext("wikitext-2", "valid");
//   if (!valid.ok()) return valid.status();
//   TokenBlocks blocks(tokenizer.encode(*valid), {.length = 128});      // data/text/token_blocks.h
#ifndef TENON_DATA_TEXT_TEXT_FILE_H_
#define TENON_DATA_TEXT_TEXT_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tenon::data {

struct TextFileOptions {
  std::size_t max_bytes = std::size_t{4} << 30;  ///< unpacked; more are ResourceExhausted
  bool require_utf8 = true;
};

/// A file's text, plain or gzipped, without a byte order mark. Line ends stay as they are. Errors
/// name the file and the byte: those of GzipReader, InvalidArgument for an empty file or one that
/// is not UTF-8.
absl::StatusOr<std::string> load_text(const std::string& path, const TextFileOptions& options = {});

/// A part of WikiText-2 or WikiText-103 (Merity et al. 2016, "Pointer sentinel mixture models",
/// §4): `wiki.<part>.raw` or `wiki.<part>.tokens` in `folder`, the first that is there, plain or
/// with
/// `.gz`; `part` is train, valid or test. NotFound that names all of them.
absl::StatusOr<std::string> load_wikitext(const std::string& folder, const std::string& part);

/// The articles of such a text: each begins with a line " = Title = " between blank ones. What
/// stands before the first is a piece of its own. The pieces point into `text` and together are all
/// of it.
std::vector<std::string_view> wikitext_articles(std::string_view text);

}  // namespace tenon::data

#endif  // TENON_DATA_TEXT_TEXT_FILE_H_
