#include "login/curl_memory.h"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/check.h"

// It is C's memory, taken and given back in C.
// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)

namespace sessiond {
namespace {

void giveBack(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  std::free(memory);
}

/// realloc() may move the bytes and leave the old ones in freed memory.
void* resize(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return std::malloc(size);
  const std::size_t had = malloc_usable_size(memory);
  if (size <= had && size > had / 2) return memory;
  void* const other = std::malloc(size);
  if (other == nullptr) return nullptr;
  std::memcpy(other, memory, std::min(had, size));
  giveBack(memory);
  return other;
}

}  // namespace

void prepareCurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    SESSIOND_CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, giveBack, resize, strdup, std::calloc) ==
                   CURLE_OK);
  });
}

}  // namespace sessiond

// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
