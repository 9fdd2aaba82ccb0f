#include "data/cifar_files.h"

#include <malloc.h>

#include <algorithm>
#include <filesystem>

#include "data/archive.h"
#include "data/gzip.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

// The whole of CIFAR is 184 MB: an archive or a file that unpacks to more is none.
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::Status missing(const std::string& path, const std::string& name) {
  return absl::NotFoundError(path + ": expected a file " + name + ", found none");
}

absl::Status from_archive(const std::string& path, const std::vector<std::string>& names,
                          const TakeFile& take) {
  auto archive = ArchiveReader::open(path, {.max_bytes = kMaxBytes});
  if (!archive.ok()) return archive.status();
  std::vector<bool> found(names.size());
  while (true) {
    const auto more = archive->next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const auto it = std::find(names.begin(), names.end(), file_name(archive->name()));
    if (it == names.end()) continue;
    const auto index = static_cast<std::size_t>(it - names.begin());
    const std::string where = path + "(" + archive->name() + ")";
    if (found[index])
      return absl::InvalidArgumentError(where + ": expected one such file, got two");
    const auto bytes = archive->read();
    if (!bytes.ok()) return bytes.status();
    if (absl::Status status = take(index, where, *bytes); !status.ok()) return status;
    found[index] = true;
  }
  // Each file lay on the heap, which keeps the pages of the last: a sixth of the whole data set.
  malloc_trim(0);
  const auto absent = std::find(found.begin(), found.end(), false);
  if (absent == found.end()) return absl::OkStatus();
  return missing(path, names[static_cast<std::size_t>(absent - found.begin())]);
}

}  // namespace

absl::Status take_file(const std::string& path, const TakeFile& take) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  const bool gzipped = (*file)->bytes().substr(0, 2) == "\x1f\x8b";
  if (!gzipped) return take(0, path, (*file)->bytes());
  const auto bytes = read_maybe_gzipped(path, kMaxBytes);
  if (!bytes.ok()) return bytes.status();
  return take(0, path, *bytes);
}

absl::Status for_each_file(const std::string& path, const Distribution& distribution,
                           const TakeFile& take) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::vector<std::string>& names = distribution.names;
  if (!fs::is_directory(path, error)) return from_archive(path, names, take);
  const auto exists = [&](const std::string& name) { return fs::exists(name, error); };
  const auto exists_packed = [&](const std::string& name) {
    return exists(name) || exists(name + ".gz");
  };
  const std::string below = path + "/" + distribution.folder;
  const std::string archive = path + "/" + distribution.archive;
  const std::string base = exists(below) ? below : path;
  if (!exists_packed(base + "/" + names[0]) && exists(archive)) {
    return from_archive(archive, names, take);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string plain = base + "/" + names[i];
    if (!exists_packed(plain)) return missing(base, names[i]);
    const absl::Status status =
        take_file(exists(plain) ? plain : plain + ".gz",
                  [&](std::size_t, const std::string& where, std::string_view bytes) {
                    return take(i, where, bytes);
                  });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tenon::data
