// Archives for tests, written by libarchive.
#ifndef TENON_DATA_SCRATCH_ARCHIVE_H_
#define TENON_DATA_SCRATCH_ARCHIVE_H_

#include <string>
#include <vector>

namespace tenon::data {

enum class ScratchKind { kFile, kFolder, kLink, kDevice };

struct ScratchEntry {
  std::string name;
  std::string bytes{};  ///< of a file, or where a link leads
  ScratchKind kind = ScratchKind::kFile;
};

enum class ScratchFormat { kTar, kTarGz, kTarXz, kZip };

std::string archived(const std::vector<ScratchEntry>& entries, ScratchFormat format);

}  // namespace tenon::data

#endif  // TENON_DATA_SCRATCH_ARCHIVE_H_
