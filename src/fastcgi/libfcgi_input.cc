#include "fastcgi/libfcgi_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace sessiond {

namespace {

thread_local LibfcgiInput* current = nullptr;

}  // namespace

LibfcgiInput::LibfcgiInput(std::string_view head, std::string_view tail) : rest_(head), tail_(tail) {
  SESSIOND_CHECK(current == nullptr);
  current = this;
}

LibfcgiInput::~LibfcgiInput() {
  current = nullptr;
}

std::size_t LibfcgiInput::take(char* buffer, std::size_t size) {
  SESSIOND_CHECK(buffer_ == nullptr || buffer_ == buffer);
  if (rest_.empty()) rest_ = std::exchange(tail_, {});
  const std::size_t taken = rest_.copy(buffer, size);
  rest_.remove_prefix(taken);
  buffer_ = buffer;
  filled_ = std::max(filled_, taken);
  return taken;
}

void LibfcgiInput::wipeTaken() {
  if (buffer_ != nullptr) explicit_bzero(buffer_, filled_);
}

}  // namespace sessiond

// NOLINTNEXTLINE(readability-identifier-naming): libfcgi's name
extern "C" int OS_Read(int /*fd*/, char* buffer, std::size_t size) {
  using sessiond::current;
  return current == nullptr ? 0 : static_cast<int>(current->take(buffer, size));
}
