// The framing check: are these bytes one whole, usual request, and where do its parameters stand?
//
// libfcgi 2.4.2 must not meet bytes that nobody has looked at: a management record overflows its stack, half a request
// blocks the thread, an aborted one looks whole (tests/integration/fastcgi/libfcgi_facts_test.cc). So a lane asks here
// about what it has received, and libfcgi reads only what was found to be sound, and of that only bodies. The
// parameters, which have to be walked through for that, are taken as they were found here.
//
// Pure functions over bytes; nothing is kept. Every limit stands here.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/request.h"

namespace sessiond {

inline constexpr std::size_t kMaxRequestBytes = 128 * 1024;  ///< as on the wire, record headers and body included
inline constexpr std::size_t kMaxParamBytes = 64 * 1024;     ///< contents of all PARAMS records
inline constexpr std::size_t kMaxParams = 1024;              ///< each lane has room for the places of so many

/// One parameter within the contents of all PARAMS records, one behind the other: the name begins at `at`, the value
/// behind the name. In bytes.
struct ParamPlace {
  std::uint32_t at;
  std::uint32_t name;
  std::uint32_t value;
};

/// The places of one request's parameters, in order. 12 KiB; one is reused for all requests of a lane.
class ParamPlaces {
 public:
  void clear() { size_ = 0; }
  bool full() const { return size_ == places_.size(); }
  /// REQUIRES: not full().
  void add(ParamPlace place) { places_[size_++] = place; }
  std::span<const ParamPlace> view() const { return {places_.data(), size_}; }

 private:
  std::size_t size_ = 0;
  std::array<ParamPlace, kMaxParams> places_;  // only the first size_ have a value
};

enum class Framing {
  kIncomplete,   ///< fine so far; `length` bytes at least are needed before it is worth looking again
  kComplete,     ///< one whole request of `length` bytes; more may lie behind it
  kMalformed,    ///< close, without a word
  kTooLarge,     ///< beyond a limit above: 413
  kUnknownRole,  ///< neither RESPONDER nor AUTHORIZER: FCGI_UNKNOWN_ROLE
};

struct FramingResult {
  Framing verdict = Framing::kIncomplete;
  std::size_t length = 0;
  std::string_view reason;       ///< of kMalformed, for the log
  std::uint16_t request_id = 0;  ///< known with every verdict but kIncomplete and kMalformed
  Role role = Role::kResponder;
  bool keep = false;           ///< FCGI_KEEP_CONN
  std::size_t params = 0;      ///< bytes: the contents of all PARAMS records
  std::size_t params_end = 0;  ///< where the empty one begins
  bool has_stdin = false;      ///< an AUTHORIZER may come without
  std::size_t body = 0;        ///< bytes
};

/// Looks at the beginning of `bytes` for one request. `params` is emptied and then holds the parameters' places in
/// order (all of them when the verdict is kComplete).
FramingResult checkFraming(std::string_view bytes, ParamPlaces& params);

/// Replaces `text` by the contents of all PARAMS records, in which checkFraming() found the places. REQUIRES: `framing`
/// is what it said of `bytes`, kComplete.
void copyParams(std::string_view bytes, const FramingResult& framing, std::string& text);

/// The end of an empty body, as an AUTHORIZER's web server may send it after the request was already answered:
/// do `bytes` begin with an empty STDIN record of that request?
bool beginsWithEmptyStdin(std::string_view bytes, std::uint16_t request_id);

}  // namespace sessiond
