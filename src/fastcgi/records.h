// The FastCGI wire format (specification 1.0 §3.3 and §8), as far as it is looked at or written by hand here.
//
//   01 01 0001 0008 00 00                          record header: version 1, BEGIN_REQUEST, id 1, 8 bytes, padding 0
//     0001 01 0000000000                           role RESPONDER, flags KEEP_CONN
//   01 04 0001 000a 06 00                          PARAMS, 10 bytes, 6 bytes of padding
//     04 04 "NAME" "text"  + 6 bytes of padding    name length, value length, name, value
//   01 04 0001 0000 00 00                          end of the parameters
//   01 05 0001 0000 00 00                          end of the body

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sessiond {

inline constexpr std::size_t kRecordHeaderBytes = 8;
inline constexpr std::size_t kBeginBodyBytes = 8;
inline constexpr std::size_t kBeginRecordBytes = kRecordHeaderBytes + kBeginBodyBytes;
inline constexpr std::size_t kMaxRecordContent = 65535;
inline constexpr unsigned kShortLength = 0x80;  ///< the length of a name or value is one byte below it, else four
inline constexpr std::uint8_t kFastcgiVersion = 1;
inline constexpr std::uint8_t kKeepConnectionFlag = 1;

enum class RecordType : std::uint8_t {
  kBeginRequest = 1,
  kAbortRequest = 2,
  kEndRequest = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
};

struct RecordHeader {
  std::uint8_t version;
  RecordType type;  ///< may hold any byte
  std::uint16_t request_id;
  std::uint16_t content;  ///< bytes
  std::uint8_t padding;   ///< bytes
};

/// A big-endian number, byte by byte: shifts of bytes stay in `unsigned`, so nothing is sign-extended.
inline unsigned byteAt(const char* bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

/// REQUIRES: kRecordHeaderBytes readable bytes.
inline RecordHeader readRecordHeader(const char* bytes) {
  return {.version = static_cast<std::uint8_t>(bytes[0]),
          .type = static_cast<RecordType>(bytes[1]),
          .request_id = static_cast<std::uint16_t>(byteAt(bytes, 2) << 8 | byteAt(bytes, 3)),
          .content = static_cast<std::uint16_t>(byteAt(bytes, 4) << 8 | byteAt(bytes, 5)),
          .padding = static_cast<std::uint8_t>(bytes[6])};
}

/// Of a record without padding. REQUIRES: `content` is at most kMaxRecordContent.
inline std::array<char, kRecordHeaderBytes> recordHeader(RecordType type, std::uint16_t request_id,
                                                         std::size_t content) {
  return {static_cast<char>(kFastcgiVersion),
          static_cast<char>(type),
          static_cast<char>(request_id >> 8),
          static_cast<char>(request_id & 0xff),
          static_cast<char>(content >> 8 & 0xff),
          static_cast<char>(content & 0xff),
          0,   // no padding
          0};  // reserved
}

}  // namespace sessiond
