#include "data/download/sources.h"

#include <array>
#include <filesystem>
#include <span>

#include "tensor/error.h"

namespace tenon::data {
namespace {

struct Entry {
  std::string_view dataset;
  std::string_view name;  // here
  std::string_view unpacked;
  std::string_view remote;  // below each base
  std::string_view sha256;
  std::span<const std::string_view> bases;
};

constexpr std::string_view kStarGan[] = {"https://www.dropbox.com/s/t9l9o3vsx2jai3z/"};
constexpr std::string_view kMnist[] = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                       "https://storage.googleapis.com/cvdf-datasets/mnist/"};
constexpr std::string_view kFashion[] = {
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"};
constexpr std::string_view kToronto[] = {"https://www.cs.toronto.edu/~kriz/"};
constexpr std::string_view kUci[] = {
    "https://archive.ics.uci.edu/ml/machine-learning-databases/covtype/"};
constexpr std::string_view kWikitext[] = {
    "https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2/"};
constexpr std::string_view kShakespeare[] = {
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/"};

constexpr std::array kEntries = {
    Entry{"afhq", "afhq.zip", "train", "afhq.zip?dl=1",
          "7f63dcc14ef58c0e849b59091287e1844da97016073aac20403ae6c6132b950f", kStarGan},
    Entry{"cifar10", "cifar-10-binary.tar.gz", "cifar-10-batches-bin", "cifar-10-binary.tar.gz",
          "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", kToronto},
    Entry{"cifar100", "cifar-100-binary.tar.gz", "cifar-100-binary", "cifar-100-binary.tar.gz",
          "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec", kToronto},
    Entry{"covertype", "covtype.data.gz", "covtype.data", "covtype.data.gz",
          "614360d0257557dd1792834a85a1cdebfadc3c4f30b011d56afee7ffb5b15771", kUci},
    Entry{"fashion_mnist", "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte",
          "train-images-idx3-ubyte.gz",
          "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", kFashion},
    Entry{"fashion_mnist", "train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte",
          "train-labels-idx1-ubyte.gz",
          "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", kFashion},
    Entry{"fashion_mnist", "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte",
          "t10k-images-idx3-ubyte.gz",
          "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", kFashion},
    Entry{"fashion_mnist", "t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte",
          "t10k-labels-idx1-ubyte.gz",
          "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", kFashion},
    Entry{"mnist", "train-images-idx3-ubyte.gz", "train-images-idx3-ubyte",
          "train-images-idx3-ubyte.gz",
          "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", kMnist},
    Entry{"mnist", "train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte",
          "train-labels-idx1-ubyte.gz",
          "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", kMnist},
    Entry{"mnist", "t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte",
          "t10k-images-idx3-ubyte.gz",
          "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", kMnist},
    Entry{"mnist", "t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte",
          "t10k-labels-idx1-ubyte.gz",
          "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", kMnist},
    Entry{"tiny_shakespeare", "input.txt", "", "input.txt",
          "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", kShakespeare},
    Entry{"wikitext2", "wiki.train.tokens", "", "train.txt", "", kWikitext},
    Entry{"wikitext2", "wiki.valid.tokens", "", "valid.txt",
          "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8", kWikitext},
    Entry{"wikitext2", "wiki.test.tokens", "", "test.txt",
          "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0", kWikitext},
};

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) {
    if (names.empty() || names.back() != entry.dataset) names.emplace_back(entry.dataset);
  }
  return names;
}

std::vector<DatasetFile> dataset_files(std::string_view name) {
  std::vector<DatasetFile> files;
  for (const Entry& entry : kEntries) {
    if (entry.dataset != name) continue;
    DatasetFile& file = files.emplace_back();
    file.name = entry.name;
    file.unpacked = entry.unpacked;
    file.source.sha256 = entry.sha256;
    for (const std::string_view base : entry.bases) {
      file.source.urls.push_back(std::string(base) + std::string(entry.remote));
    }
  }
  if (!files.empty()) return files;
  std::string known;
  for (const std::string& each : dataset_names()) known += (known.empty() ? "" : ", ") + each;
  throw ValueError("[download_dataset] expected one of " + known + ", got '" + std::string(name) +
                   "'");
}

absl::Status download_missing(const std::vector<DatasetFile>& files, const std::string& folder,
                              const DownloadOptions& options) {
  std::error_code error;
  const auto here = [&](const std::string& name) {
    return !name.empty() && std::filesystem::exists(folder + "/" + name, error);
  };
  for (const DatasetFile& file : files) {
    if (here(file.name) || here(file.unpacked)) continue;
    const auto status = download(file.source, folder + "/" + file.name, options);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status download_dataset(std::string_view name, const std::string& folder,
                              const DownloadOptions& options) {
  return download_missing(dataset_files(name), folder, options);
}

}  // namespace tenon::data
