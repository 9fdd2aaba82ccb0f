// Time and memory of loading CIFAR-10, from a folder and from an archive of the published size,
// made of random records in $TMPDIR (about 370 MB) at the start.
#include <archive.h>
#include <archive_entry.h>
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "data/cifar.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRecords = 10000, kRecordBytes = 3073;

// Labels count up to 9 and begin again; half of each image's pixels are one value, so that an
// archive of it packs as real images do.
std::string records(std::uint64_t seed) {
  Generator generator(seed);
  const Tensor bytes = randint(0, 256, {kRecords, kRecordBytes}, generator, {.dtype = DType::kU8});
  bytes.slice(1, kRecordBytes / 2).fill_(7);
  const auto values = bytes.to_vector<std::uint8_t>();
  std::string text(values.begin(), values.end());
  for (std::int64_t i = 0; i < kRecords; ++i) {
    text[static_cast<std::size_t>(i * kRecordBytes)] = static_cast<char>(i % 10);
  }
  return text;
}

// A file of the set, in the folder and in the archive.
void add(archive* packed, const fs::path& folder, const std::string& name,
         const std::string& bytes) {
  std::ofstream(folder / name, std::ios::binary) << bytes;
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, ("cifar-10-batches-bin/" + name).c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
  archive_write_header(packed, entry);
  archive_write_data(packed, bytes.data(), bytes.size());
  archive_entry_free(entry);
}

struct Files {
  Files() {
    fs::create_directories(folder);
    archive* packed = archive_write_new();
    archive_write_set_format_ustar(packed);
    archive_write_add_filter_gzip(packed);
    archive_write_open_filename(packed, tar.c_str());
    for (std::uint64_t k = 1; k <= 5; ++k) {
      add(packed, folder, "data_batch_" + std::to_string(k) + ".bin", records(k));
    }
    add(packed, folder, "test_batch.bin", records(6));
    add(packed, folder, "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    archive_write_close(packed);
    archive_write_free(packed);
  }
  ~Files() { fs::remove_all(folder.parent_path()); }

  fs::path folder = fs::temp_directory_path() / "tenon_cifar_bench" / "cifar-10-batches-bin";
  fs::path tar = folder.parent_path() / "cifar.tar.gz";
};

// Of this process, in bytes. What the allocator rounds up and nobody touches does not count.
double resident_memory() {
  std::int64_t size = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> size >> pages;
  return static_cast<double>(pages * sysconf(_SC_PAGESIZE));
}

void run(benchmark::State& state, const fs::path& path) {
  double memory = 0, bytes = 1;
  for (auto _ : state) {
    allocator().release_cached();
    const double before = resident_memory();
    const auto cifar = load_cifar10(path.string());
    if (!cifar.ok()) return state.SkipWithError(cifar.status().ToString().c_str());
    memory = resident_memory() - before;
    bytes = static_cast<double>(cifar->train.images.bytes() + cifar->test.images.bytes());
  }
  state.counters["memory_per_pixel_byte"] = memory / bytes;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

const Files& files() {
  static const Files files;
  return files;
}

void BM_Folder(benchmark::State& state) { run(state, files().folder); }
BENCHMARK(BM_Folder)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_TarGz(benchmark::State& state) { run(state, files().tar); }
BENCHMARK(BM_TarGz)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tenon::data
