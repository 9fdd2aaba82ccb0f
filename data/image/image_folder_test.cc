#include "data/image/image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/data_loader.h"
#include "data/image/decode.h"
#include "data/scratch_archive.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Wanted = std::vector<std::int64_t>;

std::string fixture(const std::string& name) { return slurp("data/image/testdata/" + name); }

std::vector<ScratchEntry> tree() {
  return {{"dog/b.JPG", fixture("grey.jpg")},
          {"dog/a.jpg", fixture("color.jpg")},
          {"cat/deep/c.png", fixture("color.png")},
          {"cat/x.jpeg", fixture("cmyk.jpg")},
          {"cat/notes.txt", "no image"},
          {"cat/.hidden.jpg", "no image"}};
}

std::string put(const ScratchFolder& folder, const std::vector<ScratchEntry>& entries) {
  for (const ScratchEntry& entry : entries) {
    fs::create_directories(fs::path(folder.path("tree/" + entry.name)).parent_path());
    folder.put("tree/" + entry.name, entry.bytes);
  }
  return folder.path("tree");
}

std::string pack(const ScratchFolder& folder, std::vector<ScratchEntry> entries,
                 ScratchFormat format) {
  for (ScratchEntry& entry : entries) entry.name = "set/train/" + entry.name;
  entries.push_back({"set/val/cat/z.jpg", "not read"});
  return folder.put("tree.archive", archived(entries, format));
}

const ImageFolderOptions kSmall{.height = 6, .width = 8};

ImageFolderOptions below_train() {
  ImageFolderOptions options = kSmall;
  options.below = "set/train";
  return options;
}

void expect_tree(const absl::StatusOr<ImageFolder>& images) {
  ASSERT_TRUE(images.ok()) << images.status();
  EXPECT_EQ(images->size(), 4);
  EXPECT_THAT(images->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(images->labels().to_vector<std::int64_t>(), ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(images->path(0), "cat/deep/c.png");
  EXPECT_EQ(images->path(3), "dog/b.JPG");
  const Batch batch = images->get(Wanted{2, 0, 2});
  EXPECT_EQ(batch.inputs.shape(), Shape({3, 3, 6, 8}));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(1, 0, 1));
  EXPECT_THAT(batch.indices.to_vector<std::int64_t>(), ElementsAre(2, 0, 2));
  const auto alone = decode_image(fixture("color.jpg"), "x", {.height = 6, .width = 8});
  EXPECT_EQ(batch.inputs.select(0, 2).to_vector<std::uint8_t>(), alone->to_vector<std::uint8_t>());
  EXPECT_THROW(images->get(Wanted{4}), IndexError);
}

TEST(ImageFolder, ReadsFoldersAndArchives) {
  const ScratchFolder folder;
  expect_tree(ImageFolder::open(put(folder, tree()), kSmall));
  for (const ScratchFormat format : {ScratchFormat::kZip, ScratchFormat::kTarGz}) {
    expect_tree(ImageFolder::open(pack(folder, tree(), format), below_train()));
  }
  ImageFolderOptions below = kSmall;
  below.below = "tree";
  expect_tree(ImageFolder::open(folder.path(), below));
}

TEST(ImageFolder, GivesTheSameBitsForAnyNumberOfWorkers) {
  const ScratchFolder folder;
  const auto images = ImageFolder::open(put(folder, tree()), kSmall);
  std::vector<std::vector<std::uint8_t>> epochs;
  for (const int workers : {0, 1, 3}) {
    DataLoader loader(*images, {.batch_size = 3, .shuffle = true, .seed = 1, .workers = workers});
    std::vector<std::uint8_t> all;
    for (const Batch& batch : loader) {
      const auto values = batch.inputs.to_vector<std::uint8_t>();
      all.insert(all.end(), values.begin(), values.end());
    }
    epochs.push_back(all);
  }
  EXPECT_EQ(epochs[0], epochs[1]);
  EXPECT_EQ(epochs[0], epochs[2]);
}

TEST(ImageFolder, ABrokenImageReachesTheLoopWithIndexAndPath) {
  const ScratchFolder folder;
  auto entries = tree();
  entries[1].bytes = "text named .jpg";
  const auto images = ImageFolder::open(put(folder, entries), kSmall);
  DataLoader loader(*images, {.batch_size = 1, .workers = 2});
  int batches = 0;
  try {
    for ([[maybe_unused]] const Batch& batch : loader) ++batches;
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_EQ(error.index(), 2);
    EXPECT_EQ(error.path(), "dog/a.jpg");
    EXPECT_THAT(error.what(), HasSubstr("example 2 (dog/a.jpg): " + folder.path("tree/dog/a.jpg") +
                                        ": expected a JPEG"));
  }
  EXPECT_EQ(batches, 2);
}

TEST(ImageFolder, SkipsAndCountsBrokenImages) {
  const ScratchFolder folder;
  auto entries = tree();
  entries[1].bytes = "";
  ImageFolderOptions options = kSmall;
  options.skip_broken = true;
  const auto images = ImageFolder::open(put(folder, entries), options);
  EXPECT_EQ(images->skipped(), 0);
  const Batch batch = images->get(Wanted{1, 2, 3});
  EXPECT_THAT(batch.indices.to_vector<std::int64_t>(), ElementsAre(1, 3));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(0, 1));
  EXPECT_EQ(batch.inputs.shape(), Shape({2, 3, 6, 8}));
  EXPECT_EQ(images->get(Wanted{2}).inputs.shape(), Shape({0, 3, 6, 8}));
  EXPECT_EQ(images->skipped(), 2);
}

TEST(ImageFolder, TakesTheFirstOfEachClass) {
  const ScratchFolder folder;
  const std::string path = put(folder, tree());
  ImageFolderOptions options = kSmall;
  options.most_per_class = 1;
  const auto images = ImageFolder::open(path, options);
  ASSERT_EQ(images->size(), 2);
  EXPECT_EQ(images->path(0), "cat/deep/c.png");
  EXPECT_EQ(images->path(1), "dog/a.jpg");
  // A cache of some is none of all.
  options.cache = folder.path("cache");
  EXPECT_THAT(load_image_tree(path, options)->paths, ElementsAre("cat/deep/c.png", "dog/a.jpg"));
  options.most_per_class = 2;
  EXPECT_EQ(load_image_tree(path, options)->paths.size(), 4u);
  options.most_per_class = 0;
  EXPECT_THROW((void)ImageFolder::open(path, options), ValueError);
  EXPECT_THROW((void)load_image_tree(path, options), ValueError);
}

TEST(ImageFolder, NamesWhatIsWrong) {
  const ScratchFolder folder;
  const auto open = [&] { return ImageFolder::open(folder.path("tree"), kSmall).status(); };
  EXPECT_EQ(open().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(open()), HasSubstr(folder.path("tree")));
  fs::create_directories(folder.path("tree"));
  EXPECT_THAT(message(open()), HasSubstr("tree: expected a folder for each class, found none"));
  fs::create_directories(folder.path("tree/cat"));
  EXPECT_THAT(message(open()), HasSubstr("tree: expected .jpg, .jpeg or .png files, found none"));
  put(folder, {{"dog/a.jpg", "x"}});
  EXPECT_THAT(message(open()), HasSubstr("tree/cat: expected images of this class, found none"));
  ImageFolderOptions options = kSmall;
  options.allow_empty_classes = true;
  EXPECT_EQ(ImageFolder::open(folder.path("tree"), options)->class_names().size(), 2u);
  EXPECT_THAT(message(ImageFolder::open(folder.path("tree/dog/a.jpg"), kSmall).status()),
              HasSubstr("dog/a.jpg: expected a tar or zip archive"));
  EXPECT_THROW((void)ImageFolder::open(folder.path("tree"), {}), ValueError);
}

// A folder that others may enter, and while it lives another user instead of root, who may read
// all.
class UnderAnotherUser {
 public:
  UnderAnotherUser() {
    char name[] = "/tmp/unreadable.XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    root_ = name;
    fs::permissions(root_, fs::perms(0755));
  }
  ~UnderAnotherUser() {
    for (const auto& folder : {root_, root_ + "/cat", root_ + "/dog"}) set(folder, 0755);
    fs::remove_all(root_);
  }

  const std::string& root() const { return root_; }
  void set(const std::string& path, unsigned mode) const {
    std::error_code missing;
    fs::permissions(path, fs::perms(mode), missing);
  }
  // With these permissions, what the other user gets.
  absl::StatusOr<ImageFolder> open(const std::string& path, unsigned mode) const {
    set(path, mode);
    constexpr uid_t kNobody = 65534;
    become(kNobody);
    auto result = ImageFolder::open(root_, kSmall);
    become(self_);
    set(path, 0755);
    return result;
  }

 private:
  void become(uid_t user) const {
    if (self_ == 0) {
      EXPECT_EQ(seteuid(user), 0);
    }
  }

  const uid_t self_ = geteuid();
  std::string root_;
};

TEST(ImageFolder, NamesTheFolderThatCannotBeRead) {
  const UnderAnotherUser other;
  for (const auto& entry : tree()) {
    const fs::path file = fs::path(other.root()) / entry.name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << entry.bytes;
  }
  fs::create_symlink("nowhere", other.root() + "/link");  // is no class
  for (const std::string& folder : {other.root(), other.root() + "/dog"}) {
    const absl::Status status = other.open(folder, 0).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_THAT(message(status), HasSubstr("cannot list " + folder));
  }
  expect_tree(other.open(other.root(), 0755));
}

TEST(LoadImageTree, IsTheWholeFolder) {
  const ScratchFolder folder;
  const std::string root = put(folder, tree());
  const auto images = ImageFolder::open(root, kSmall);
  for (const auto& loaded :
       {load_image_tree(root, kSmall),
        load_image_tree(pack(folder, tree(), ScratchFormat::kZip), below_train())}) {
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    const Batch all = images->get(Wanted{0, 1, 2, 3});
    EXPECT_EQ(loaded->images.to_vector<std::uint8_t>(), all.inputs.to_vector<std::uint8_t>());
    EXPECT_EQ(loaded->labels.to_vector<std::int64_t>(), all.targets.to_vector<std::int64_t>());
    EXPECT_THAT(loaded->class_names, ElementsAre("cat", "dog"));
    EXPECT_THAT(loaded->paths,
                ElementsAre("cat/deep/c.png", "cat/x.jpeg", "dog/a.jpg", "dog/b.JPG"));
    EXPECT_FALSE(loaded->from_cache);
  }
}

TEST(LoadImageTree, FailsOrSkips) {
  const ScratchFolder folder;
  auto entries = tree();
  entries[3].bytes = entries[3].bytes.substr(0, 300);
  const std::string root = put(folder, entries);
  EXPECT_THAT(message(load_image_tree(root, kSmall).status()), HasSubstr("tree/cat/x.jpeg: "));
  ImageFolderOptions options = kSmall;
  options.skip_broken = true;
  const auto loaded = load_image_tree(root, options);
  EXPECT_EQ(loaded->skipped, 1);
  EXPECT_THAT(loaded->paths, ElementsAre("cat/deep/c.png", "dog/a.jpg", "dog/b.JPG"));
  EXPECT_THAT(loaded->labels.to_vector<std::int64_t>(), ElementsAre(0, 1, 1));
  EXPECT_EQ(loaded->images.shape(), Shape({3, 3, 6, 8}));
}

TEST(LoadImageTree, TakesTheCacheWhileNothingChanges) {
  const ScratchFolder folder;
  ImageFolderOptions options = kSmall;
  options.cache = folder.path("cache/images");
  const std::string root = put(folder, tree());
  const auto first = load_image_tree(root, options);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->from_cache);
  const auto second = load_image_tree(root, options);
  EXPECT_TRUE(second->from_cache);
  EXPECT_EQ(second->images.to_vector<std::uint8_t>(), first->images.to_vector<std::uint8_t>());
  EXPECT_EQ(second->labels.to_vector<std::int64_t>(), first->labels.to_vector<std::int64_t>());
  EXPECT_EQ(second->class_names, first->class_names);
  EXPECT_EQ(second->paths, first->paths);

  ImageFolderOptions other = options;
  other.width = 9;
  EXPECT_FALSE(load_image_tree(root, other)->from_cache);
  put(folder, {{"dog/c.jpg", fixture("color.jpg")}});
  const auto grown = load_image_tree(root, options);
  EXPECT_FALSE(grown->from_cache);
  EXPECT_EQ(grown->images.size(0), 5);
}

TEST(LoadImageTree, MakesADamagedCacheAnew) {
  const ScratchFolder folder;
  ImageFolderOptions options = kSmall;
  options.cache = folder.path("cache");
  const std::string root = put(folder, tree());
  ASSERT_TRUE(load_image_tree(root, options).ok());
  const std::string file = fs::directory_iterator(options.cache)->path().string();
  const std::string whole = slurp(file);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    fs::resize_file(file, size);
    const auto loaded = load_image_tree(root, options);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_FALSE(loaded->from_cache) << size;
    EXPECT_EQ(slurp(file), whole);
  }
}

TEST(LoadImageTree, LeavesNoHalfACacheOnAFullDisk) {
  const ScratchFolder folder;
  ImageFolderOptions options = kSmall;
  options.cache = folder.path("cache");
  const std::string root = put(folder, tree());
  {
    const FileSizeLimit full(100);
    EXPECT_FALSE(load_image_tree(root, options).ok());
  }
  EXPECT_TRUE(fs::is_empty(options.cache));
}

TEST(LoadImageTree, ReadsTheRealSample) {
  const auto data = data_dir();
  if (!data.ok()) GTEST_SKIP() << data.status();
  const auto afhq = load_image_tree(*data + "/afhq_sample", {.height = 32, .width = 32});
  if (afhq.status().code() == absl::StatusCode::kNotFound) GTEST_SKIP() << afhq.status();
  ASSERT_TRUE(afhq.ok()) << afhq.status();
  EXPECT_EQ(afhq->images.shape(), Shape({41, 3, 32, 32}));
  EXPECT_THAT(afhq->class_names, ElementsAre("cat", "dog", "wild"));
}

}  // namespace
}  // namespace tenon::data
