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
  std::string name{};      ///< in the data set's folder
  std::string unpacked{};  ///< a file or folder there that the readers take in its place
  DownloadSource source{};
};

/// The names that dataset_files() knows: afhq, cifar10, cifar100, covertype, fashion_mnist, mnist,
/// tiny_shakespeare, wikitext2.
std::vector<std::string> dataset_names();

/// The files of a data set as their readers want them. Throws ValueError for an unknown name.
std::vector<DatasetFile> dataset_files(std::string_view name);

/// Downloads those of `files` into `folder` that are not there, neither as they are published nor
/// unpacked. The folder is made where it is missing, and what is in it is left as it is. Errors of
/// download().
absl::Status download_missing(const std::vector<DatasetFile>& files, const std::string& folder,
                              const DownloadOptions& options = {});

/// The same for the files of a data set. Each has its authors' licence: see their pages.
absl::Status download_dataset(std::string_view name, const std::string& folder,
                              const DownloadOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_SOURCES_H_
