#include "data/image/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "data/image/font.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

struct Color {
  std::uint8_t red, green, blue;
};

constexpr Color kPaper{247, 248, 250};
constexpr Color kFrame{196, 202, 212};
constexpr Color kCaption{44, 52, 64};
constexpr Color kTitle{88, 98, 114};

// Distances in page pixels.
constexpr std::int64_t kMargin = 20;     // around the page
constexpr std::int64_t kGap = 14;        // between the cells
constexpr std::int64_t kCaptionGap = 7;  // between an image's frame and its caption
constexpr std::int64_t kTitleGap = 14;   // below the title
constexpr std::int64_t kMinImageSide = 64;
constexpr std::int64_t kMaxPageSide = 32767;
constexpr int kTextScale = 2;
constexpr double kWidthToHeight = 1.4;

struct Layout {
  std::int64_t count, columns, rows;
  std::int64_t scale;
  std::int64_t image_width, image_height;  // on the page, without the frame
  std::int64_t cell_width, cell_height;    // with frame and caption
  int caption_scale;
  std::int64_t top;  // of the first row
  std::int64_t page_width, page_height;

  std::int64_t framed_width() const { return image_width + 2; }
  std::int64_t framed_height() const { return image_height + 2; }
  std::int64_t left_of(std::int64_t i) const { return kMargin + i % columns * (cell_width + kGap); }
  std::int64_t top_of(std::int64_t i) const { return top + i / columns * (cell_height + kGap); }
};

std::int64_t text_width(std::string_view text, int scale) {
  if (text.empty()) return 0;
  const auto marks = static_cast<std::int64_t>(text.size()) * (internal::kGlyphWidth + 1) - 1;
  return marks * scale;
}

// With room for tails below the line.
constexpr std::int64_t text_height(int scale) {
  return std::int64_t{internal::kGlyphHeight + internal::kMaxDescent} * scale;
}

// A page of u8 [height,width,3] to draw on.
class Page {
 public:
  Page(std::int64_t height, std::int64_t width)
      : pixels_(empty({height, width, 3}, {.dtype = DType::kU8})), width_(width) {
    fill(0, 0, height, width, kPaper);
  }

  const Tensor& pixels() const { return pixels_; }

  void set(std::int64_t y, std::int64_t x, Color color) {
    std::uint8_t* pixel = pixels_.data<std::uint8_t>() + (y * width_ + x) * 3;
    pixel[0] = color.red;
    pixel[1] = color.green;
    pixel[2] = color.blue;
  }

  void fill(std::int64_t top, std::int64_t left, std::int64_t height, std::int64_t width,
            Color color) {
    for (std::int64_t y = top; y < top + height; ++y) {
      for (std::int64_t x = left; x < left + width; ++x) set(y, x, color);
    }
  }

  void text(std::int64_t top, std::int64_t left, std::string_view text, int scale, Color color) {
    for (const char character : text) {
      const std::int64_t lower = std::int64_t{internal::descent(character)} * scale;
      draw(top + lower, left, internal::glyph(character), scale, color);
      left += (internal::kGlyphWidth + 1) * scale;
    }
  }

 private:
  void draw(std::int64_t top, std::int64_t left, std::string_view glyph, int scale, Color color) {
    for (int row = 0; row < internal::kGlyphHeight; ++row) {
      for (int column = 0; column < internal::kGlyphWidth; ++column) {
        if (!internal::has_ink(glyph, row, column)) continue;
        fill(top + row * scale, left + column * scale, scale, scale, color);
      }
    }
  }

  Tensor pixels_;
  std::int64_t width_;
};

void check(const Tensor& images, const std::vector<std::string>& captions,
           const ContactSheetOptions& options) {
  const bool is_sheet = images.ndim() == 4 && (images.size(1) == 1 || images.size(1) == 3) &&
                        images.size(2) > 0 && images.size(3) > 0;
  if (!is_sheet) {
    throw ShapeError("[contact_sheet] expected images [N,1,H,W] or [N,3,H,W], got " +
                     to_string(images.shape()));
  }
  if (images.dtype() != DType::kU8 && images.dtype() != DType::kF32) {
    throw DTypeError("[contact_sheet] expected images u8 or f32, got " +
                     std::string(name(images.dtype())));
  }
  const auto count = static_cast<std::int64_t>(captions.size());
  if (count != 0 && count != images.size(0)) {
    throw ValueError("[contact_sheet] expected no captions or " + std::to_string(images.size(0)) +
                     ", got " + std::to_string(count));
  }
  if (options.columns < 0 || options.scale < 0) {
    throw ValueError("[contact_sheet] expected columns and scale from 0, got " +
                     std::to_string(options.columns) + " and " + std::to_string(options.scale));
  }
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// As many columns as bring the page nearest to its proportions.
std::int64_t choose_columns(std::int64_t count, std::int64_t cell_height, std::int64_t cell_width) {
  const auto area = static_cast<double>(count) * static_cast<double>(cell_height + kGap);
  const double columns = std::sqrt(kWidthToHeight * area / static_cast<double>(cell_width + kGap));
  return std::clamp<std::int64_t>(std::llround(columns), 1, std::max<std::int64_t>(count, 1));
}

std::int64_t longest(const std::vector<std::string>& captions, int scale) {
  std::int64_t width = 0;
  for (const std::string& caption : captions) width = std::max(width, text_width(caption, scale));
  return width;
}

// All captions have one size: the larger one where cells at most twice as wide as their images
// then hold the longest.
void size_cells(Layout& layout, const std::vector<std::string>& captions) {
  const std::int64_t widest = 2 * layout.framed_width();
  const bool large = longest(captions, kTextScale) <= widest;
  layout.caption_scale = large ? kTextScale : 1;
  layout.cell_width =
      std::clamp(longest(captions, layout.caption_scale), layout.framed_width(), widest);
  const std::int64_t caption = kCaptionGap + text_height(layout.caption_scale);
  layout.cell_height = layout.framed_height() + (captions.empty() ? 0 : caption);
}

Layout make_layout(const Tensor& images, const std::vector<std::string>& captions,
                   const ContactSheetOptions& options) {
  Layout layout{};
  layout.count = images.size(0);
  layout.scale = options.scale > 0 ? options.scale : ceil_div(kMinImageSide, images.size(3));
  layout.image_height = images.size(2) * layout.scale;
  layout.image_width = images.size(3) * layout.scale;
  size_cells(layout, captions);
  layout.columns = options.columns > 0
                       ? options.columns
                       : choose_columns(layout.count, layout.cell_height, layout.cell_width);
  layout.rows = ceil_div(layout.count, layout.columns);
  const bool is_empty = layout.count == 0;
  const std::int64_t title = options.title.empty() ? 0 : text_height(kTextScale);
  layout.top = kMargin + title + (title > 0 && !is_empty ? kTitleGap : 0);
  const std::int64_t columns = std::min(layout.columns, layout.count);
  const std::int64_t grid_width = is_empty ? 0 : columns * (layout.cell_width + kGap) - kGap;
  const std::int64_t grid_height = is_empty ? 0 : layout.rows * (layout.cell_height + kGap) - kGap;
  layout.page_width = 2 * kMargin + std::max(grid_width, text_width(options.title, kTextScale));
  layout.page_height = layout.top + grid_height + kMargin;
  if (layout.page_width > kMaxPageSide || layout.page_height > kMaxPageSide) {
    throw ValueError("[contact_sheet] expected a page of at most 32767x32767 pixels, got " +
                     std::to_string(layout.page_height) + "x" + std::to_string(layout.page_width));
  }
  return layout;
}

// image [C,H,W] -> [H,W,3] u8, dense.
Tensor to_colors(const Tensor& image) {
  const Tensor last = image.permute({1, 2, 0});
  const Tensor colors = last.expand({last.size(0), last.size(1), 3}).contiguous();
  if (colors.dtype() == DType::kU8) return colors;
  const Tensor bytes = empty(colors.shape(), {.dtype = DType::kU8});
  const float* from = colors.data<float>();
  std::uint8_t* to = bytes.data<std::uint8_t>();
  for (std::int64_t i = 0; i < colors.numel(); ++i) {
    // The order of the arguments makes NaN 0.
    const float unit = std::min(std::max(0.0f, from[i]), 1.0f);
    to[i] = static_cast<std::uint8_t>(std::lround(unit * 255));
  }
  return bytes;
}

void draw_image(Page& page, const Tensor& image, std::int64_t top, std::int64_t left,
                const Layout& layout) {
  page.fill(top, left, layout.framed_height(), layout.framed_width(), kFrame);
  const Tensor colors = to_colors(image);
  const std::uint8_t* pixel = colors.data<std::uint8_t>();
  for (std::int64_t y = 0; y < colors.size(0); ++y) {
    for (std::int64_t x = 0; x < colors.size(1); ++x, pixel += 3) {
      page.fill(top + 1 + y * layout.scale, left + 1 + x * layout.scale, layout.scale, layout.scale,
                {pixel[0], pixel[1], pixel[2]});
    }
  }
}

// Centred, and cut where it does not fit.
void draw_caption(Page& page, std::string text, std::int64_t top, std::int64_t left,
                  const Layout& layout) {
  const int scale = layout.caption_scale;
  while (text_width(text, scale) > layout.cell_width) text.pop_back();
  left += (layout.cell_width - text_width(text, scale)) / 2;
  page.text(top, left, text, scale, kCaption);
}

}  // namespace

Tensor contact_sheet(const Tensor& images, const std::vector<std::string>& captions,
                     const ContactSheetOptions& options) {
  check(images, captions, options);
  const Tensor on_host = images.to(kCpu);
  const Layout layout = make_layout(on_host, captions, options);
  Page page(layout.page_height, layout.page_width);
  page.text(kMargin, kMargin, options.title, kTextScale, kTitle);
  for (std::int64_t i = 0; i < layout.count; ++i) {
    const std::int64_t top = layout.top_of(i);
    const std::int64_t left = layout.left_of(i);
    const std::int64_t centred = left + (layout.cell_width - layout.framed_width()) / 2;
    draw_image(page, on_host.select(0, i), top, centred, layout);
    if (captions.empty()) continue;
    draw_caption(page, captions[static_cast<std::size_t>(i)],
                 top + layout.framed_height() + kCaptionGap, left, layout);
  }
  return page.pixels();
}

}  // namespace tenon::data
