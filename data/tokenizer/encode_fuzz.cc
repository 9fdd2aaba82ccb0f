// Text of any kind through every way to cut it into words: decoding gives the bytes back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "data/tokenizer/spec.h"
#include "data/tokenizer/tokenizer.h"
#include "data/tokenizer/train.h"

namespace {

using namespace tenon::data;

std::vector<Tokenizer> make_tokenizers() {
  using text::SplitRule;
  std::vector<Tokenizer> tokenizers;
  for (const std::vector<text::SplitStep>& steps : std::vector<std::vector<text::SplitStep>>{
           {{.rule = SplitRule::kGpt2}},
           {{.rule = SplitRule::kLlama3}},
           {{.rule = SplitRule::kQwen2}},
           {{.rule = SplitRule::kDigitRuns}},
           {{.rule = SplitRule::kDigits}, {.rule = SplitRule::kGpt2}}}) {
    text::TokenizerSpec spec = train_bpe("the cat's 12 mats,  they'll  sit\n\n on the mats").spec();
    spec.steps = steps;
    tokenizers.emplace_back(std::move(spec));
  }
  return tokenizers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Tokenizer> tokenizers = make_tokenizers();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Tokenizer& tokenizer : tokenizers) {
    if (tokenizer.decode(tokenizer.encode(text)) != text) std::abort();
  }
  return 0;
}
