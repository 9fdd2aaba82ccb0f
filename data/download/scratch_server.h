// An HTTP server on this machine for tests, with the failures of those elsewhere.
#ifndef TENON_DATA_DOWNLOAD_SCRATCH_SERVER_H_
#define TENON_DATA_DOWNLOAD_SCRATCH_SERVER_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::data {

struct ScratchRequest {
  std::string path{};     // "/file"
  std::size_t start = 0;  // of the range that is asked for
  int number = 0;         // of earlier requests of the same path
};

struct ScratchAnswer {
  int status = 200;
  std::string body{};           // the whole file's; a range is cut out where status is 206
  std::string location{};       // of a redirect
  std::size_t sent = SIZE_MAX;  // bytes of the body after which the connection is cut
  bool stall = false;           // instead of cutting it, the server falls silent
  bool claim_length = true;
  std::string claimed_length{};  // instead of the body's
};

class ScratchServer {
 public:
  using Handler = std::function<ScratchAnswer(const ScratchRequest&)>;

  explicit ScratchServer(Handler handler) : handler_(std::move(handler)) {
    setenv("no_proxy", "127.0.0.1", 1);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~ScratchServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  std::vector<ScratchRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool wait_readable(int socket) const {
    while (!stop_) {
      pollfd waiting{socket, POLLIN, 0};
      if (::poll(&waiting, 1, 20) > 0) return true;
    }
    return false;
  }

  void serve() {
    while (wait_readable(listener_)) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      answer(connection);
      ::close(connection);
    }
  }

  void answer(int connection) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      char bytes[4096];
      if (!wait_readable(connection)) return;
      const ssize_t count = ::recv(connection, bytes, sizeof(bytes), 0);
      if (count <= 0) return;
      text.append(bytes, static_cast<std::size_t>(count));
    }
    const ScratchRequest request = parse(text);
    const ScratchAnswer reply = handler_(request);
    send_all(connection, head_of(request, reply));
    const std::string body = body_of(request, reply);
    send_all(connection, body.substr(0, reply.sent));
    pollfd gone{connection, POLLIN, 0};
    while (reply.stall && !stop_ && ::poll(&gone, 1, 20) == 0) {
    }
  }

  ScratchRequest parse(const std::string& text) {
    ScratchRequest request;
    request.path = text.substr(4, text.find(' ', 4) - 4);
    const std::size_t range = text.find("Range: bytes=");
    if (range != std::string::npos) request.start = std::strtoul(&text[range + 13], nullptr, 10);
    const std::lock_guard lock(mutex_);
    request.number = static_cast<int>(
        std::count_if(requests_.begin(), requests_.end(),
                      [&](const ScratchRequest& earlier) { return earlier.path == request.path; }));
    requests_.push_back(request);
    return request;
  }

  static std::string body_of(const ScratchRequest& request, const ScratchAnswer& reply) {
    return reply.status == 206 ? reply.body.substr(request.start) : reply.body;
  }

  static std::string head_of(const ScratchRequest& request, const ScratchAnswer& reply) {
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Answer\r\n";
    const std::string length = std::to_string(body_of(request, reply).size());
    if (reply.claim_length) {
      head += "Content-Length: " + (reply.claimed_length.empty() ? length : reply.claimed_length) +
              "\r\n";
    }
    if (reply.status == 206) {
      head += "Content-Range: bytes " + std::to_string(request.start) + "-" +
              std::to_string(reply.body.size() - 1) + "/" + std::to_string(reply.body.size()) +
              "\r\n";
    }
    if (!reply.location.empty()) head += "Location: " + reply.location + "\r\n";
    return head + "Connection: close\r\n\r\n";
  }

  static void send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<ScratchRequest> requests_;
  std::thread thread_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_SCRATCH_SERVER_H_
