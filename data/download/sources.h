// Where the data sets that Tenon reads are published, and the digests of their files.
//
//   absl::Status status = download_dataset("mnist", "data/mnist");
//   if (status.ok()) auto mnist = load_mnist("data/mnist");
#ifndef TENON_DATA_DOWNLOAD_SOURCES_H_
#define TENON_DATA_DOWNLOAD_SOURCES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "data/download/download.h"

namespace tenon::data {

struct DatasetFile {
  std::string name{};  ///< in the data set's folder
  DownloadSource source{};
};

/// The names that dataset_files() knows: cifar10, cifar100, covertype, fashion_mnist, mnist,
/// tiny_shakespeare, wikitext2.
std::vector<std::string> dataset_names();

/// The files of a data set as their readers want them. Throws ValueError for an unknown name.
std::vector<DatasetFile> dataset_files(std::string_view name);

/// Downloads them all into `folder`, which is made where it is missing; those that are there
/// already are kept. Each data set has its authors' licence: see their pages. Errors of download().
absl::Status download_dataset(std::string_view name, const std::string& folder,
                              const DownloadOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_SOURCES_H_
