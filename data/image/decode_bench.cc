// JPEG files to 32x32 tensors, beside libjpeg-turbo alone decoding the same files at the same
// scale. Needs the data folder (data/data_dir.h).
#include <benchmark/benchmark.h>
#include <jpeglib.h>

#include <cstdint>
#include <cstdio>  // jpeglib.h needs FILE and size_t
#include <numeric>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/image/image_folder.h"
#include "tensor/cpu/parallel.h"

namespace tenon::data {
namespace {

std::string tree(int which) {
  const auto folder = data_dir();
  if (!folder.ok()) return "";
  return *folder + (which == 0 ? "/afhq_sample" : "/afhq_like/train");
}

// Arg 0: 41 images of 512x512; 1: 4,500 of 32x32. One thread.
void BM_Tree(benchmark::State& state) {
  const auto images =
      ImageFolder::open(tree(static_cast<int>(state.range(0))), {.height = 32, .width = 32});
  if (!images.ok()) return state.SkipWithError(images.status().ToString().c_str());
  std::vector<std::int64_t> all(static_cast<std::size_t>(images->size()));
  std::iota(all.begin(), all.end(), 0);
  const cpu::SerialScope one_thread(true);
  for (auto _ : state) benchmark::DoNotOptimize(images->get(all).inputs.raw_data());
  state.SetItemsProcessed(state.iterations() * images->size());
}
BENCHMARK(BM_Tree)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// As libjpeg's own example program reads a file, to rows that are thrown away.
std::size_t decode_alone(const std::string& path, std::vector<std::uint8_t>& row) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  jpeg_decompress_struct image;
  jpeg_error_mgr errors;
  image.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&image);
  jpeg_stdio_src(&image, file);
  jpeg_read_header(&image, TRUE);
  image.scale_num = image.image_width >= 256 ? 1 : 8;
  image.scale_denom = 8;
  image.out_color_space = JCS_RGB;
  jpeg_start_decompress(&image);
  row.resize(std::size_t{image.output_width} * 3);
  JSAMPROW rows = row.data();
  while (image.output_scanline < image.output_height) jpeg_read_scanlines(&image, &rows, 1);
  const std::size_t pixels = std::size_t{image.output_width} * image.output_height;
  jpeg_finish_decompress(&image);
  jpeg_destroy_decompress(&image);
  std::fclose(file);
  return pixels;
}

void BM_LibjpegAlone(benchmark::State& state) {
  const std::string root = tree(static_cast<int>(state.range(0)));
  const auto images = ImageFolder::open(root, {.height = 32, .width = 32});
  if (!images.ok()) return state.SkipWithError(images.status().ToString().c_str());
  std::vector<std::uint8_t> row;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < images->size(); ++i) {
      benchmark::DoNotOptimize(decode_alone(root + "/" + images->path(i), row));
    }
  }
  state.SetItemsProcessed(state.iterations() * images->size());
}
BENCHMARK(BM_LibjpegAlone)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::data
