// Many small images on one page, each with a caption: to see what a network got wrong.
//
//   Tensor sheet = contact_sheet(images, {"3>8", "9>4"}, {.title = "label > prediction"});
//   absl::Status status = write_png("wrong.png", sheet);       // data/image/png.h
#ifndef TENON_DATA_IMAGE_CONTACT_SHEET_H_
#define TENON_DATA_IMAGE_CONTACT_SHEET_H_

#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

struct ContactSheetOptions {
  std::string title{};  ///< above the images, where not empty
  int columns = 0;      ///< images side by side; 0 chooses a page a little wider than high
  int scale = 0;        ///< page pixels per image pixel; 0 makes images at least 64 pixels wide
};

/// images [N,C,H,W], C = 1 or 3, u8, or f32 from 0 to 1 (values outside are clamped) ->
/// page [height,width,3] u8. `captions`: N strings, or none. Text is printable ASCII (anything else
/// appears as a box); long captions make all of them smaller; what is still too wide is cut. N may
/// be 0: the title alone. Throws ShapeError, DTypeError, and ValueError for a wrong number of
/// captions, a negative option, or a page with a side beyond 32,767 pixels.
Tensor contact_sheet(const Tensor& images, const std::vector<std::string>& captions = {},
                     const ContactSheetOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_CONTACT_SHEET_H_
