// tokenizer.json of any kind; what is taken encodes, decodes and is written.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "data/tokenizer/tokenizer.h"
#include "data/tokenizer/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::data;
  auto spec = text::parse_tokenizer_json({reinterpret_cast<const char*>(data), size});
  if (!spec.ok()) return 0;
  const Tokenizer tokenizer(*std::move(spec));
  const auto ids = tokenizer.encode(" Hello  w\xc3\xb6rld 123\n<s> \xff</s>a b ab");
  tokenizer.decode(ids);
  text::format_tokenizer_json(tokenizer.spec());
  return 0;
}
