// vocab.json and merges.txt of any kind, with a zero byte between them; and the same bytes as a
// llama2.c file.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "data/tokenizer/load.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenon::data;
  const std::uint8_t* const zero = std::find(data, data + size, 0);
  const std::uint8_t* const rest = zero == data + size ? zero : zero + 1;
  const tenon::FuzzFile vocab(data, static_cast<std::size_t>(zero - data));
  const tenon::FuzzFile merges(rest, static_cast<std::size_t>(data + size - rest));
  if (const auto tokenizer = load_bpe_tokenizer(vocab.path(), merges.path()); tokenizer.ok()) {
    tokenizer->decode(tokenizer->encode(" the cat\nab<|endoftext|>"));
  }
  const tenon::FuzzFile whole(data, size);
  if (const auto tokenizer = load_llama2c_tokenizer(whole.path()); tokenizer.ok()) {
    tokenizer->decode(tokenizer->encode(" the cat\nab"));
  }
  return 0;
}
