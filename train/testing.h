// What the tests of this package share: a problem small enough to train on in no time.
#ifndef TENON_TRAIN_TESTING_H_
#define TENON_TRAIN_TESTING_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/tensor_dataset.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::train::testing {

inline std::string read_bytes(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Names of the files in a folder, in order.
inline std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// An empty folder.
inline std::string fresh_folder(const std::string& path) {
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

/// Points in the plane [N,2]; the label is whether x + y > 0.
inline data::TensorDataset half_planes(std::int64_t size, std::uint64_t seed = 3) {
  Generator generator(seed);
  const Tensor x = randn({size, 2}, generator);
  return data::TensorDataset(x, gt(sum(x, {1}), 0).to(DType::kI64));
}

/// Two layers with dropout between, so that training draws random numbers.
struct Net : layers::Module {
  layers::Linear fc1{this, "fc1", {.in_features = 2, .out_features = 8}};
  layers::Dropout dropout{this, "dropout", {.p = 0.2}};
  layers::Linear fc2{this, "fc2", {.in_features = 8, .out_features = 2}};

  layers::Variable forward(const layers::Variable& x) override {
    return fc2(dropout(fc1(x, Activation::kRelu)));
  }
};

/// All parameters' values, one after the other.
inline std::vector<float> weights(const layers::Module& module) {
  std::vector<float> all;
  for (const auto& [name, tensor] : module.state_dict()) {
    const std::vector<float> values = tensor.to_vector<float>();
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace tenon::train::testing

#endif  // TENON_TRAIN_TESTING_H_
