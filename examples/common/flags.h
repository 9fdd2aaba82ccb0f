// The command line that all examples share, and the way they end.
//
//   int main(int argc, char** argv) {
//     CommonOptions options{.epochs = 12, .batch_size = 64};
//     Flags flags("quickstart", "Trains a small network on real digits.");
//     flags.add(options);
//     return flags.run(argc, argv, [&] { return train_and_show(options); });
//   }
#ifndef TENON_EXAMPLES_COMMON_FLAGS_H_
#define TENON_EXAMPLES_COMMON_FLAGS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tensor/device.h"

namespace tenon::examples {

class OutputFolder;

/// What every example lets its user choose. The values given here are the defaults; a `lr` of 0
/// means that the example has one for each of its settings.
struct CommonOptions {
  std::uint64_t seed = 1;
  int epochs = 1;
  std::int64_t batch_size = 32;
  double lr = 0;
  Device device = kCpu;
  std::string data_dir = {};  ///< empty: data::data_dir()
  bool download = false;      ///< fetch files of the data set that are missing (data_folder.h)
  std::string out_dir = {};   ///< "tenon_out/<example>"; absolute when the body runs
  bool resume = false;
  bool overwrite = false;  ///< a run that is in out_dir already
  bool quiet = false;

  /// A file in out_dir.
  std::string output(std::string_view name) const { return out_dir + "/" + std::string(name); }
};

/// Which of them an example offers: what it would not look at is no flag of its own.
struct Offered {
  bool epochs = true;
  bool batch_size = true;
  bool lr = true;
  bool resume = true;
};

/// Flags are written `--name=value` or `--name value`. The variables must outlive the parsing.
class Flags {
 public:
  Flags(std::string example, std::string description);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  /// --seed, --epochs, … with the present values as defaults.
  void add(CommonOptions& options, const Offered& offered = {});
  void add_count(const std::string& name, std::int64_t& value, const std::string& help);
  /// A finite number from `low` to `high`.
  void add_number(const std::string& name, double& value, double low, double high,
                  const std::string& help);
  void add_choice(const std::string& name, std::string& value,
                  const std::vector<std::string>& choices, const std::string& help);
  /// Any text, such as a path.
  void add_text(const std::string& name, std::string& value, const std::string& value_name,
                const std::string& help);
  /// False until the flag is there.
  void add_switch(const std::string& name, bool& value, const std::string& help);

  /// Reads the command line, opens the output folder (train/run_folder.h: what a run left there is
  /// lost only with --overwrite), calls `body`, writes report.html where `body` left a table.csv
  /// and no such page (page.h), and returns the exit code: 0, 2 for flags or data that are not as
  /// they should be or a status of `body`, 1 where it threw. Every failure is one line on standard
  /// error; no exception leaves. `--help` is 0.
  int run(int argc, char** argv, const std::function<absl::Status()>& body);

 private:
  struct Impl;

  std::optional<int> parse(int argc, char** argv);
  absl::Status open_folders(OutputFolder& output);
  /// The flags' names and values, the day, and what the program was built with.
  std::vector<std::pair<std::string, std::string>> settings() const;
  absl::Status write_page() const;
  int fail(int code, const std::string& message) const;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_FLAGS_H_
