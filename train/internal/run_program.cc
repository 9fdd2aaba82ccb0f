#include "train/internal/run_program.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace tenon::train::internal {
namespace {

// A file in memory. Unlike pipes, three of them cannot block each other.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }

  bool fill(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = write(fd_, text.data() + done, text.size() - done);
      if (n <= 0) return false;
      done += static_cast<std::size_t>(n);
    }
    return lseek(fd_, 0, SEEK_SET) == 0;
  }

  std::string contents() const {
    std::string text;
    char block[1 << 14];
    for (ssize_t n; (n = pread(fd_, block, sizeof block, static_cast<off_t>(text.size()))) > 0;) {
      text.append(block, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int fd_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

absl::StatusOr<ProgramResult> run_program(const std::vector<std::string>& arguments,
                                          const std::string& input) {
  MemoryFile in("in"), out("out"), err("err");
  if (in.fd() < 0 || out.fd() < 0 || err.fd() < 0 || !in.fill(input)) {
    return absl::ResourceExhaustedError(arguments[0] + ": " + std::strerror(errno));
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in.fd(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out.fd(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err.fd(), STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return absl::NotFoundError(arguments[0] + ": " + std::strerror(error));

  ProgramResult result;
  result.exit_code = wait_for(child);
  result.output = out.contents();
  result.errors = err.contents();
  return result;
}

}  // namespace tenon::train::internal
