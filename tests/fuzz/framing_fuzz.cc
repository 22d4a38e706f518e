// The framing check over any bytes: whatever it calls complete, and where it finds parameters, must be what a second,
// slower reading of the FastCGI specification says, and a request cannot have been refused before its last byte came.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fastcgi/framing_check.h"

namespace {

using sessiond::Framing;
using sessiond::FramingResult;
using sessiond::ParamPlace;
using sessiond::ParamPlaces;
using sessiond::Role;

unsigned at(std::string_view bytes, std::size_t index) {
  SESSIOND_CHECK(index < bytes.size());
  return static_cast<unsigned char>(bytes[index]);
}

struct Record {
  unsigned type;
  std::string_view content;
  std::size_t end;
};

Record recordAt(std::string_view bytes, std::size_t start) {
  const std::size_t content = at(bytes, start + 4) << 8 | at(bytes, start + 5);
  const std::size_t end = start + 8 + content + at(bytes, start + 6);
  SESSIOND_CHECK(at(bytes, start) == 1);
  SESSIOND_CHECK(end <= bytes.size());
  return {.type = at(bytes, start + 1), .content = bytes.substr(start + 8, content), .end = end};
}

/// Reads records of one type until the empty one; returns the position behind it.
std::size_t readStream(std::string_view bytes, std::size_t start, unsigned type, std::string& content) {
  for (;;) {
    const Record record = recordAt(bytes, start);
    SESSIOND_CHECK(record.type == type);
    start = record.end;
    if (record.content.empty()) return start;
    content += record.content;
  }
}

void checkPairs(std::string_view stream, std::span<const ParamPlace> places) {
  std::size_t position = 0;
  const auto readLength = [&] {
    std::size_t length = at(stream, position);
    if (length < 128) {
      ++position;
      return length;
    }
    length = (length & 0x7f) << 24 | at(stream, position + 1) << 16 | at(stream, position + 2) << 8 |
             at(stream, position + 3);
    position += 4;
    return length;
  };
  for (const ParamPlace& place : places) {
    SESSIOND_CHECK(readLength() == place.name);
    SESSIOND_CHECK(readLength() == place.value);
    SESSIOND_CHECK(position == place.at);
    position += std::size_t{place.name} + place.value;
  }
  SESSIOND_CHECK(position == stream.size());
}

void checkComplete(std::string_view bytes, const FramingResult& result, std::span<const ParamPlace> places) {
  SESSIOND_CHECK(result.length <= bytes.size() && result.length <= sessiond::kMaxRequestBytes);
  SESSIOND_CHECK(result.request_id != 0);
  const Record begin = recordAt(bytes, 0);
  SESSIOND_CHECK(begin.type == 1 && begin.end == 16);
  std::string params;
  std::size_t end = readStream(bytes, begin.end, 4, params);
  SESSIOND_CHECK(params.size() <= sessiond::kMaxParamBytes);
  checkPairs(params, places);
  std::string copied;
  sessiond::copyParams(bytes, result, copied);
  SESSIOND_CHECK(copied == params);
  SESSIOND_CHECK(result.params_end == end - 8);
  std::string body;
  if (result.has_stdin) end = readStream(bytes, end, 5, body);
  SESSIOND_CHECK(result.has_stdin || result.role == Role::kAuthorizer);
  SESSIOND_CHECK(body.size() == result.body);
  SESSIOND_CHECK(end == result.length);
}

/// Of a complete request every beginning is incomplete, or an AUTHORIZER's that has not seen its STDIN yet.
void checkPrefixes(std::string_view request, bool authorizer) {
  ParamPlaces params;
  const std::size_t step = request.size() / 64 + 1;
  for (std::size_t size = 0; size < request.size(); size += step) {
    const FramingResult result = sessiond::checkFraming(request.substr(0, size), params);
    if (result.verdict == Framing::kComplete && authorizer && !result.has_stdin && result.length == size) continue;
    SESSIOND_CHECK(result.verdict == Framing::kIncomplete);
    SESSIOND_CHECK(result.length > size && result.length <= request.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ParamPlaces params;
  const FramingResult result = sessiond::checkFraming(bytes, params);
  SESSIOND_CHECK(params.view().size() <= sessiond::kMaxParams);
  switch (result.verdict) {
    case Framing::kComplete:
      checkComplete(bytes, result, params.view());
      checkPrefixes(bytes.substr(0, result.length), result.role == Role::kAuthorizer);
      break;
    case Framing::kIncomplete:
      SESSIOND_CHECK(result.length > size && result.length <= sessiond::kMaxRequestBytes);
      break;
    case Framing::kMalformed:
      SESSIOND_CHECK(!result.reason.empty());
      break;
    case Framing::kTooLarge:
    case Framing::kUnknownRole:
      SESSIOND_CHECK(result.request_id != 0);
      break;
  }
  return 0;
}
