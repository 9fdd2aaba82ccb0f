#include "data/text/text_file.h"

#include <filesystem>

#include "data/gzip.h"
#include "data/tokenizer/unicode_classes.h"

namespace tenon::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// " = Title = ", where sections have two signs or more on each side.
bool is_title(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  return line.starts_with(" = ") && line.ends_with(" =") && line.size() > 5 &&
         !line.starts_with(" = =") && !line.ends_with("= =");
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The line that begins at `at`, without its end; empty at the end of the text.
std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(std::min(at, text.size())).substr(0, text.find('\n', at) - at);
}

}  // namespace

absl::StatusOr<std::string> load_text(const std::string& path, const TextFileOptions& options) {
  auto contents = read_maybe_gzipped(path, options.max_bytes);
  if (!contents.ok()) return contents.status();
  if (contents->starts_with(kByteOrderMark)) contents->erase(0, kByteOrderMark.size());
  if (contents->empty()) {
    return absl::InvalidArgumentError(path + ": expected text, got an empty file");
  }
  std::size_t offset = 0;
  if (options.require_utf8 && !text::is_utf8(*contents, offset)) {
    return absl::InvalidArgumentError(path + ": expected UTF-8 at byte " + std::to_string(offset));
  }
  return contents;
}

absl::StatusOr<std::string> load_wikitext(const std::string& folder, const std::string& part) {
  for (const char* kind : {".raw", ".tokens"}) {
    for (const char* packed : {"", ".gz"}) {
      const std::string path = folder + "/wiki." + part + kind + packed;
      if (std::filesystem::exists(path)) return load_text(path);
    }
  }
  return absl::NotFoundError(folder + ": expected wiki." + part + ".raw or wiki." + part +
                             ".tokens, plain or .gz");
}

std::vector<std::string_view> wikitext_articles(std::string_view text) {
  std::vector<std::string_view> articles;
  std::size_t begin = 0;
  bool after_blank = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    const std::size_t next = at + line.size() + 1;
    // A line of a formula may look like a title, but has text around it.
    if (at > begin && after_blank && is_title(line) && is_blank(line_at(text, next))) {
      articles.push_back(text.substr(begin, at - begin));
      begin = at;
    }
    after_blank = is_blank(line);
    at = next;
  }
  if (begin < text.size()) articles.push_back(text.substr(begin));
  return articles;
}

}  // namespace tenon::data
