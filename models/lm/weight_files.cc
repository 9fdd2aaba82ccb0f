#include "models/lm/weight_files.h"

#include <filesystem>
#include <set>

#include "models/lm/internal/json_fields.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/torch_pickle.h"

namespace tenon::models {
namespace {

constexpr std::size_t kMaxShards = 4096;

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

absl::Status add(const std::vector<std::pair<std::string, Tensor>>& tensors,
                 const std::string& path, WeightMap& map) {
  for (const auto& [name, tensor] : tensors) {
    if (!map.emplace(name, tensor).second) {
      return absl::InvalidArgumentError(path + ": tensor '" + name + "' is in another file too");
    }
  }
  return absl::OkStatus();
}

/// The different files of an index. A name that leads out of the folder is refused.
absl::StatusOr<std::set<std::string>> shards_of(const std::string& index) {
  const auto object = read_json_object(index);
  if (!object.ok()) return object.status();
  const auto map = object->find("weight_map");
  if (map == object->end() || !map->is_object()) {
    return absl::InvalidArgumentError(index + ": key 'weight_map': expected an object");
  }
  std::set<std::string> shards;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') {
      return absl::InvalidArgumentError(index + ": key '" + tensor.substr(0, 80) +
                                        "': expected the name of a file in the same folder");
    }
    shards.insert(name);
    if (shards.size() > kMaxShards) {
      return absl::InvalidArgumentError(index + ": expected at most 4096 files");
    }
  }
  return shards;
}

absl::StatusOr<WeightFiles> read_shards(const std::string& folder, const std::string& index) {
  const auto shards = shards_of(index);
  if (!shards.ok()) return shards.status();
  WeightFiles files{.path = index, .tensors = {}};
  for (const std::string& shard : *shards) {
    const std::string path = folder + "/" + shard;
    const auto file = read_safetensors(path);
    if (!file.ok()) return file.status();
    if (auto status = add(file->tensors, path, files.tensors); !status.ok()) return status;
  }
  return files;
}

}  // namespace

absl::StatusOr<WeightFiles> read_weight_files(const std::string& folder) {
  const std::string single = folder + "/model.safetensors";
  const std::string index = single + ".index.json";
  const std::string pickle = folder + "/pytorch_model.bin";
  if (!exists(single) && exists(index)) return read_shards(folder, index);
  WeightFiles files{.path = single, .tensors = {}};
  if (!exists(single) && exists(pickle)) {
    files.path = pickle;
    const auto file = read_torch_pickle(pickle);
    if (!file.ok()) return file.status();
    if (auto status = add(file->tensors, pickle, files.tensors); !status.ok()) return status;
    return files;
  }
  const auto file = read_safetensors(single);
  if (!file.ok()) return file.status();
  if (auto status = add(file->tensors, single, files.tensors); !status.ok()) return status;
  return files;
}

}  // namespace tenon::models
