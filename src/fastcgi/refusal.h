// Answers to requests that libfcgi never sees: records written by hand.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sessiond {

/// What the protocol itself says about the end of a request (specification §5.5).
enum class ProtocolStatus : std::uint8_t { kRequestComplete = 0, kUnknownRole = 3 };

/// An END_REQUEST record.
std::string endRequestRecord(std::uint16_t request_id, ProtocolStatus status);

/// `413 Content Too Large` (RFC 9110 §15.5.14) as STDOUT records and an END_REQUEST.
std::string tooLargeRecords(std::uint16_t request_id);

}  // namespace sessiond
