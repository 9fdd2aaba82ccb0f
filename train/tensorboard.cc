#include "train/tensorboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "train/internal/crc32c.h"
#include "train/internal/protobuf.h"

namespace tenon::train {
namespace {

using internal::Message;

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7 };
enum SummaryField { kValue = 1 };
enum ValueField { kTag = 1, kSimpleValue = 2, kImage = 4, kTensor = 8, kMetadata = 9 };
enum ImageField { kHeight = 1, kWidth = 2, kColorspace = 3, kEncoded = 4 };
enum TensorField { kDType = 1, kShape = 2, kStringValue = 8 };
enum MetadataField { kPluginData = 1 };
enum PluginField { kPluginName = 1 };
enum SessionField { kStatus = 1 };
constexpr int kStringDType = 7;
constexpr int kStart = 1;
constexpr int kColours = 3;

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Message event_at(std::int64_t step) {
  return Message().real(kWallTime, wall_time()).integer(kStep, step);
}

std::string with_summary(std::int64_t step, const Message& value) {
  return event_at(step).message(kSummary, Message().message(kValue, value)).str();
}

// Checksums are masked, so that one of bytes that hold checksums is no trouble.
std::uint32_t masked_checksum(std::string_view bytes) {
  const std::uint32_t value = internal::crc32c(bytes);
  return (value >> 15 | value << 17) + 0xa282ead8u;
}

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// TFRecord: length, its checksum, the bytes, their checksum.
std::string framed(std::string_view event) {
  const std::string length = little_endian<std::uint64_t>(event.size());
  return length + little_endian(masked_checksum(length)) + std::string(event) +
         little_endian(masked_checksum(event));
}

absl::Status system_error(const std::string& path, const char* call) {
  return absl::UnavailableError(path + ": " + call + ": " + std::strerror(errno));
}

std::string file_name() {
  static std::atomic<int> count{0};
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return "events.out.tfevents." + std::to_string(static_cast<std::int64_t>(wall_time())) + "." +
         host + "." + std::to_string(getpid()) + "." + std::to_string(count++);
}

// "val_loss" -> "loss/val": TensorBoard lays curves of one group side by side.
std::string tag_of(const std::string& name) {
  for (const std::string part : {"train", "val", "test"}) {
    if (name.rfind(part + "_", 0) == 0) return name.substr(part.size() + 1) + "/" + part;
  }
  return name;
}

}  // namespace

absl::StatusOr<EventFile> EventFile::create(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError(folder + ": " + error.message());
  const std::string path = folder + "/" + file_name();
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error(path, "open");
  EventFile file(path, descriptor);
  const Message first = Message().real(kWallTime, wall_time()).bytes(kFileVersion, "brain.Event:2");
  if (absl::Status status = file.append(first.str()); !status.ok()) return status;
  return file;
}

EventFile::EventFile(EventFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

EventFile& EventFile::operator=(EventFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

EventFile::~EventFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status EventFile::append(std::string_view event) {
  const std::string record = framed(event);
  for (std::size_t done = 0; done < record.size();) {
    const ssize_t n = write(descriptor_, record.data() + done, record.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(path_, "write");
    done += static_cast<std::size_t>(n);
  }
  return absl::OkStatus();
}

absl::Status EventFile::scalar(std::string_view tag, double value, std::int64_t step) {
  return append(
      with_summary(step, Message().bytes(kTag, tag).real(kSimpleValue, static_cast<float>(value))));
}

absl::Status EventFile::text(std::string_view tag, std::string_view markdown, std::int64_t step) {
  const Message tensor =
      Message().integer(kDType, kStringDType).message(kShape, {}).bytes(kStringValue, markdown);
  const Message plugin = Message().bytes(kPluginName, "text");
  return append(
      with_summary(step, Message()
                             .bytes(kTag, tag)
                             .message(kTensor, tensor)
                             .message(kMetadata, Message().message(kPluginData, plugin))));
}

absl::Status EventFile::image(std::string_view tag, std::string_view png, std::int64_t width,
                              std::int64_t height, std::int64_t step) {
  const Message image = Message()
                            .integer(kHeight, height)
                            .integer(kWidth, width)
                            .integer(kColorspace, kColours)
                            .bytes(kEncoded, png);
  return append(with_summary(step, Message().bytes(kTag, tag).message(kImage, image)));
}

absl::Status EventFile::restart(std::int64_t step) {
  return append(event_at(step).message(kSessionLog, Message().integer(kStatus, kStart)).str());
}

absl::Status TensorBoardLog::on_fit_begin(Run& run) {
  absl::StatusOr<EventFile> file = EventFile::create(folder_);
  if (!file.ok()) return file.status();
  file_ = std::make_unique<EventFile>(*std::move(file));
  return run.epoch > 0 ? file_->restart(run.epoch + 1) : absl::OkStatus();
}

absl::Status TensorBoardLog::on_epoch_end(Run& run) {
  const EpochRecord& record = run.history.back();
  for (const NamedValue& v : record.values) {
    if (absl::Status status = file_->scalar(tag_of(v.name), v.value, record.epoch); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace tenon::train
