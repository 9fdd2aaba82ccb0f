#include "data/image/image_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <set>
#include <system_error>

#include "data/archive.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

// Of the packed images of an archive, which stay in memory.
constexpr std::uint64_t kMaxArchiveBytes = std::uint64_t{8} << 30;
// No camera makes a file this large.
constexpr off_t kMaxFileBytes = off_t{1} << 30;

absl::Status system_error(const std::string& what, const std::string& path, int code) {
  return absl::ErrnoToStatus(code, what + " " + path);
}

bool is_image(const std::string& path) {
  const std::size_t slash = path.rfind('/') + 1, dot = path.rfind('.');
  if (path[slash] == '.' || dot == std::string::npos) return false;
  std::string ending = path.substr(dot);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

// Collects paths below the root in any order, then puts them in theirs.
class Tree {
 public:
  void add_class(const std::string& name) { classes_.insert(name); }
  void add(const std::string& path, std::string contents = {}) {
    add_class(path.substr(0, path.find('/')));
    paths_.push_back(path);
    contents_.push_back(std::move(contents));
  }
  absl::StatusOr<ImageFiles> finish(const std::string& root, bool archived,
                                    const ImageFolderOptions& options);

 private:
  std::set<std::string> classes_;
  std::vector<std::string> paths_;
  std::vector<std::string> contents_;
};

absl::StatusOr<ImageFiles> Tree::finish(const std::string& root, bool archived,
                                        const ImageFolderOptions& options) {
  if (classes_.empty()) {
    return absl::NotFoundError(root + ": expected a folder for each class, found none");
  }
  ImageFiles files;
  files.root = root;
  files.class_names.assign(classes_.begin(), classes_.end());
  std::vector<std::size_t> order(paths_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return paths_[a] < paths_[b]; });
  std::vector<std::int64_t> counts(files.class_names.size());
  for (const std::size_t i : order) {
    const std::string name = paths_[i].substr(0, paths_[i].find('/'));
    const auto it = std::lower_bound(files.class_names.begin(), files.class_names.end(), name);
    const auto label = it - files.class_names.begin();
    std::int64_t& count = counts[static_cast<std::size_t>(label)];
    if (count == options.most_per_class) continue;
    ++count;
    files.labels.push_back(label);
    files.paths.push_back(std::move(paths_[i]));
    if (archived) files.contents.push_back(std::move(contents_[i]));
  }
  if (files.paths.empty()) {
    return absl::NotFoundError(root + ": expected .jpg, .jpeg or .png files, found none");
  }
  const auto empty = std::find(counts.begin(), counts.end(), 0);
  if (empty == counts.end() || options.allow_empty_classes) return files;
  return absl::InvalidArgumentError(
      root + "/" + files.class_names[static_cast<std::size_t>(empty - counts.begin())] +
      ": expected images of this class, found none");
}

absl::StatusOr<ImageFiles> from_folder(const std::string& root, const ImageFolderOptions& options) {
  Tree tree;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name[0] == '.' || !it->is_directory(error)) continue;
    tree.add_class(name);
    fs::recursive_directory_iterator file(it->path(), error), last;
    for (; !error && file != last; file.increment(error)) {
      const std::string path = file->path().string().substr(root.size() + 1);
      if (is_image(path) && !file->is_directory()) tree.add(path);
    }
    if (error) return system_error("cannot list", it->path().string(), error.value());
  }
  if (error) return system_error("cannot list", root, error.value());
  return tree.finish(root, false, options);
}

absl::StatusOr<ImageFiles> from_archive(const std::string& path,
                                        const ImageFolderOptions& options) {
  auto archive = ArchiveReader::open(path, {.max_bytes = kMaxArchiveBytes});
  if (!archive.ok()) return archive.status();
  const std::string below = options.below.empty() ? "" : options.below + "/";
  Tree tree;
  while (true) {
    const auto more = archive->next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const std::string& name = archive->name();
    if (!name.starts_with(below)) continue;
    const std::string relative = name.substr(below.size());
    if (relative.find('/') == std::string::npos || !is_image(relative)) continue;
    auto bytes = archive->read();
    if (!bytes.ok()) return bytes.status();
    tree.add(relative, *std::move(bytes));
  }
  return tree.finish(path + (below.empty() ? "" : "(" + below + ")"), /*archived=*/true, options);
}

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

// Small files are read faster than mapped.
absl::Status read_whole(const std::string& path, std::string& buffer) {
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return system_error("open", path, errno);
  struct stat info;
  if (fstat(file.number, &info) != 0) return system_error("stat", path, errno);
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxFileBytes) {
    return absl::InvalidArgumentError(path + ": expected a regular file of at most 1 GiB");
  }
  buffer.resize(static_cast<std::size_t>(info.st_size));
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t count = ::read(file.number, buffer.data() + size, buffer.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  buffer.resize(size);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string_view> ImageFiles::read(std::size_t i, std::string& buffer) const {
  if (!contents.empty()) return contents[i];
  if (absl::Status status = read_whole(root + "/" + paths[i], buffer); !status.ok()) return status;
  return buffer;
}

void check_image_options(const char* op, const ImageFolderOptions& options) {
  const std::string where = "[" + std::string(op) + "] expected ";
  if (options.height < 1 || options.width < 1) {
    throw ValueError(where + "a height and width above 0, got " + std::to_string(options.height) +
                     "x" + std::to_string(options.width));
  }
  if (options.most_per_class < 1) {
    throw ValueError(where + "most_per_class above 0, got " +
                     std::to_string(options.most_per_class));
  }
}

absl::StatusOr<ImageFiles> list_images(const std::string& path, const ImageFolderOptions& options) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return from_archive(path, options);
  return from_folder(options.below.empty() ? path : path + "/" + options.below, options);
}

}  // namespace tenon::data
