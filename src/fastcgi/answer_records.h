// An answer as it goes over the wire: a Response as STDOUT records, their end, and the end of the request.
//
//   01 06 0001 0028 00 00  "Status: 204 No Content\r\n" "X-User-Id: 1\r\n" "\r\n"
//   01 06 0001 0000 00 00
//   01 03 0001 0008 00 00  00000000 00 000000
//
// Written by hand: libfcgi makes three streams for each request, which were a third of the instructions of a check that
// is answered from memory.

#pragma once

#include <cstdint>
#include <string>

#include "http/response.h"

namespace sessiond {

/// What the protocol itself says about the end of a request (specification §5.5).
enum class ProtocolStatus : std::uint8_t { kRequestComplete = 0, kUnknownRole = 3 };

/// Appends the whole answer: `Status:` first and always, since nginx takes an answer without it for 200.
void appendAnswer(const Response& response, std::uint16_t request_id, std::string& bytes);

/// `413 Content Too Large` (RFC 9110 §15.5.14): the whole answer to a request that is not read.
std::string tooLargeRecords(std::uint16_t request_id);

/// An END_REQUEST record.
std::string endRequestRecord(std::uint16_t request_id, ProtocolStatus status);

}  // namespace sessiond
