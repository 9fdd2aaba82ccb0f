// load_text over bytes of any kind; what it takes is cut into articles and words, nothing lost.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "data/text/text_file.h"
#include "data/text/word_vocabulary.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tenon::FuzzFile file(data, size);
  const auto text = tenon::data::load_text(file.path(), {.max_bytes = 1 << 22});
  if (!text.ok()) return 0;
  std::size_t total = 0;
  for (const auto article : tenon::data::wikitext_articles(*text)) total += article.size();
  if (total != text->size()) std::abort();
  const tenon::data::WordVocabulary words({*text});
  const auto ids = words.encode(*text);
  if (words.encode(words.decode(ids)) != ids) std::abort();
  return 0;
}
