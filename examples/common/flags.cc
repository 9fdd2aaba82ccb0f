#include "examples/common/flags.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <limits>
#include <utility>

#include "examples/common/page.h"
#include "examples/common/paths.h"
#include "tensor/build_info.h"
#include "tensor/error.h"
#include "tensor/tensor.h"

namespace tenon::examples {
namespace {

constexpr int kBadInput = 2;
constexpr int kBroken = 1;

template <class T>
bool parse_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end;
}

[[noreturn]] void reject(const std::string& flag, const std::string& expected,
                         const std::string& got) {
  throw CLI::ValidationError("--" + flag, "expected " + expected + ", got '" + got + "'");
}

template <class T>
T parse_integer(const std::string& flag, const std::string& text, T low,
                T high = std::numeric_limits<T>::max()) {
  T value{};
  if (parse_number(text, value) && value >= low && value <= high) return value;
  const bool open = high == std::numeric_limits<T>::max();
  reject(flag,
         "an integer from " + std::to_string(low) + (open ? "" : " to " + std::to_string(high)),
         text);
}

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

double parse_real(const std::string& flag, const std::string& text, double low, double high) {
  double value = 0;
  if (parse_number(text, value) && std::isfinite(value) && value >= low && value <= high) {
    return value;
  }
  const std::string range = std::isinf(high) ? "a number from " + shown(low)
                                             : "a number from " + shown(low) + " to " + shown(high);
  reject(flag, range, text);
}

// Of where things are and how it looks.
bool is_no_setting(const std::string& flag) {
  for (const char* name : {"help", "data_dir", "download", "out_dir", "overwrite", "quiet"}) {
    if (flag == name) return true;
  }
  return false;
}

// A device that this program can use on this machine; the backend says why where it cannot.
Device parse_usable_device(const std::string& text) {
  try {
    const Device device = parse_device(text);
    empty({1}, {.device = device});
    return device;
  } catch (const Error& e) {
    throw CLI::ValidationError("--device", e.what());
  }
}

}  // namespace

struct Flags::Impl {
  std::string example;
  CLI::App app;
  CommonOptions* common = nullptr;

  // Of a flag given more than once the last counts, so that scripts can append to a command.
  CLI::Option* add(const std::string& name, const std::string& value_name,
                   const std::string& default_value, const std::string& help,
                   const std::function<void(const std::string&)>& read) {
    return app.add_option_function<std::string>("--" + name, read, help)
        ->type_name(value_name)
        ->default_str(default_value)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
};

Flags::Flags(std::string example, std::string description) : impl_(std::make_unique<Impl>()) {
  impl_->app.name(example);
  impl_->app.description(description);
  impl_->example = std::move(example);
}

Flags::~Flags() = default;

void Flags::add(CommonOptions& options, const Offered& offered) {
  CommonOptions* o = &options;
  impl_->common = o;
  if (o->out_dir.empty()) o->out_dir = "tenon_out/" + impl_->example;
  impl_->add(
      "seed", "N", std::to_string(o->seed), "of all random numbers",
      [o](const std::string& text) { o->seed = parse_integer<std::uint64_t>("seed", text, 0); });
  if (offered.epochs) {
    impl_->add("epochs", "N", std::to_string(o->epochs), "times through the training data",
               [o](const std::string& text) { o->epochs = parse_integer<int>("epochs", text, 1); });
  }
  if (offered.batch_size) add_count("batch_size", o->batch_size, "examples per update");
  if (offered.lr) {
    impl_->add("lr", "RATE", o->lr == 0 ? "" : shown(o->lr), "learning rate",
               [o](const std::string& text) { o->lr = parse_real("lr", text, 1e-30, 1e6); });
  }
  impl_->add("device", "NAME", to_string(o->device), "cpu, cuda or cuda:N",
             [o](const std::string& text) { o->device = parse_usable_device(text); });
  impl_->add("data_dir", "DIR", "",
             "folder of the data sets (default: $TENON_DATA, else ../shared/data)",
             [o](const std::string& text) { o->data_dir = text; });
  impl_->app.add_flag("--download", o->download, "fetch files of the data set that are missing");
  impl_->add("out_dir", "DIR", o->out_dir, "folder for everything that is written",
             [o](const std::string& text) { o->out_dir = text; });
  if (offered.resume) {
    impl_->app.add_flag("--resume", o->resume, "go on from the last checkpoint in out_dir");
  }
  impl_->app.add_flag("--overwrite", o->overwrite, "lose the run that is in out_dir");
  impl_->app.add_flag("--quiet", o->quiet, "no progress, only the result");
}

void Flags::add_count(const std::string& name, std::int64_t& value, const std::string& help) {
  impl_->add(name, "N", std::to_string(value), help, [name, &value](const std::string& text) {
    value = parse_integer<std::int64_t>(name, text, 1);
  });
}

void Flags::add_number(const std::string& name, double& value, double low, double high,
                       const std::string& help) {
  impl_->add(name, "X", shown(value), help,
             [=, &value](const std::string& text) { value = parse_real(name, text, low, high); });
}

void Flags::add_choice(const std::string& name, std::string& value,
                       const std::vector<std::string>& choices, const std::string& help) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  impl_->add(name, "NAME", value, help + ": " + list, [=, &value](const std::string& text) {
    for (const std::string& choice : choices) {
      if (text == choice) {
        value = text;
        return;
      }
    }
    reject(name, "one of " + list, text);
  });
}

void Flags::add_text(const std::string& name, std::string& value, const std::string& value_name,
                     const std::string& help) {
  impl_->add(name, value_name, value, help, [&value](const std::string& text) { value = text; });
}

void Flags::add_switch(const std::string& name, bool& value, const std::string& help) {
  impl_->app.add_flag("--" + name, value, help);
}

int Flags::fail(int code, const std::string& message) const {
  std::string line = message;
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", impl_->example.c_str(), line.c_str());
  return code;
}

// The exit code, or nothing where the example is to run.
std::optional<int> Flags::parse(int argc, char** argv) {
  try {
    impl_->app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::fputs(impl_->app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& e) {
    return fail(kBadInput, std::string(e.what()) + " (see --help)");
  }
}

absl::Status Flags::open_folders(OutputFolder& output) {
  CommonOptions* const options = impl_->common;
  if (!options) return absl::OkStatus();
  options->out_dir = user_path(options->out_dir);
  if (!options->data_dir.empty()) options->data_dir = user_path(options->data_dir);
  return output.make(options->out_dir,
                     {.resume = options->resume, .overwrite = options->overwrite});
}

std::vector<std::pair<std::string, std::string>> Flags::settings() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const CLI::Option* option : impl_->app.get_options()) {
    const std::string name = option->get_single_name();
    if (is_no_setting(name)) continue;
    const bool is_switch = option->get_expected_max() == 0;
    const std::string given = option->count() > 0 ? option->results().back() : "";
    all.emplace_back(name, is_switch       ? (option->count() > 0 ? "yes" : "no")
                           : given.empty() ? option->get_default_str()
                                           : given);
  }
  char date[16];
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  all.emplace_back("date", date);
  all.emplace_back("program", to_string(build_info()));
  return all;
}

// Of an example that ends with a table, and has no page of its own.
absl::Status Flags::write_page() const {
  const CommonOptions* const options = impl_->common;
  std::error_code error;
  if (!options || !std::filesystem::exists(options->output("table.csv"), error) ||
      std::filesystem::exists(options->output("report.html"), error)) {
    return absl::OkStatus();
  }
  return examples::write_page(
      {.title = impl_->example + ": " + impl_->app.get_description(), .settings = settings()},
      options->out_dir);
}

int Flags::run(int argc, char** argv, const std::function<absl::Status()>& body) try {
  if (const std::optional<int> code = parse(argc, argv)) return *code;
  OutputFolder output;
  if (absl::Status status = open_folders(output); !status.ok()) {
    return fail(kBadInput, "--out_dir: " + std::string(status.message()));
  }
  absl::Status status = body();
  if (status.ok()) status = write_page();
  return status.ok() ? 0 : fail(kBadInput, std::string(status.message()));
} catch (const std::exception& e) {
  return fail(kBroken, e.what());
}

}  // namespace tenon::examples
