// vocab.json and merges.txt, and the folder that holds them or a tokenizer.json.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "data/tokenizer/internal/json_file.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/internal/spec_builder.h"
#include "data/tokenizer/tokenizer_json.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

using nlohmann::json;
using text::SpecBuilder;
using text::TokenizerSpec;

constexpr std::size_t kMaxMergesBytes = std::size_t{256} << 20;

absl::Status read_merge(std::string_view line, SpecBuilder& builder) {
  std::size_t offset = 0;
  if (!text::is_utf8(line, offset)) {
    return absl::InvalidArgumentError("expected UTF-8 at byte " + std::to_string(offset + 1) +
                                      " of the line");
  }
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
    return absl::InvalidArgumentError("expected two tokens with a space between them, got " +
                                      text::shown(line));
  }
  return builder.add_merge(line.substr(0, space), line.substr(space + 1));
}

absl::Status read_merges(const std::string& path, SpecBuilder& builder) {
  const auto contents = read_file(path, kMaxMergesBytes);
  if (!contents.ok()) return contents.status();
  std::string_view rest = *contents;
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    if (auto status = read_merge(line, builder); !status.ok()) {
      return internal::with_path(path + ":" + std::to_string(number), status);
    }
  }
  return absl::OkStatus();
}

absl::Status add_special(const std::string& path, const BpeFileOptions& options,
                         SpecBuilder& builder, TokenizerSpec& spec) {
  for (const std::string& content : options.special_tokens) {
    const std::int32_t id = builder.find(content);
    if (id == text::kNoToken) continue;
    if (auto status = builder.add_token({.content = content, .id = id}); !status.ok())
      return status;
  }
  for (const std::string& content : options.before) {
    spec.before.push_back(builder.find(content));
    if (spec.before.back() == text::kNoToken) {
      return absl::InvalidArgumentError(path + ": expected the token " + text::shown(content) +
                                        ", which is to be put before texts");
    }
  }
  return absl::OkStatus();
}

// "</s>", or {"content": "</s>", …}.
std::string content_of(const json& token) {
  if (token.is_string()) return token.get<std::string>();
  if (token.is_object() && token.contains("content")) return content_of(token["content"]);
  return "";
}

// What the files beside vocab.json say of special tokens.
absl::StatusOr<BpeFileOptions> folder_options(const std::string& folder) {
  BpeFileOptions options;
  for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"}) {
    const std::string path = folder + "/" + name;
    if (!std::filesystem::exists(path)) continue;
    const auto file = text::read_json(path);
    if (!file.ok()) return file.status();
    for (const auto& [key, value] : file->items()) {
      const bool names_token = key.ends_with("_token") && !key.starts_with("add_");
      const std::string content = names_token ? content_of(value) : "";
      auto& list = options.special_tokens;
      if (content.empty() || std::find(list.begin(), list.end(), content) != list.end()) continue;
      list.push_back(content);
    }
    if (file->value("/add_bos_token"_json_pointer, json(false)) == true) {
      options.before = {content_of(file->value("bos_token", json()))};
    }
  }
  return options;
}

}  // namespace

absl::StatusOr<Tokenizer> load_bpe_tokenizer(const std::string& vocab_path,
                                             const std::string& merges_path,
                                             const BpeFileOptions& options) {
  const auto vocabulary = text::read_json(vocab_path);
  if (!vocabulary.ok()) return vocabulary.status();
  TokenizerSpec spec;
  spec.steps = {{.rule = text::SplitRule::kGpt2}};
  SpecBuilder builder(spec);
  if (auto status = builder.add_vocabulary(*vocabulary); !status.ok()) {
    return internal::with_path(vocab_path, status);
  }
  if (auto status = read_merges(merges_path, builder); !status.ok()) return status;
  if (auto status = add_special(vocab_path, options, builder, spec); !status.ok()) return status;
  return Tokenizer(std::move(spec));
}

absl::StatusOr<Tokenizer> load_tokenizer(const std::string& path) {
  const auto whole = [](const std::string& file) -> absl::StatusOr<Tokenizer> {
    auto spec = text::read_tokenizer_json(file);
    if (!spec.ok()) return spec.status();
    return Tokenizer(*std::move(spec));
  };
  if (!std::filesystem::is_directory(path)) return whole(path);
  if (std::filesystem::exists(path + "/tokenizer.json")) return whole(path + "/tokenizer.json");
  if (!std::filesystem::exists(path + "/vocab.json")) {
    return absl::NotFoundError(path + ": expected tokenizer.json, or vocab.json and merges.txt");
  }
  const auto options = folder_options(path);
  if (!options.ok()) return options.status();
  return load_bpe_tokenizer(path + "/vocab.json", path + "/merges.txt", *options);
}

}  // namespace tenon::data
