#include "fastcgi/refusal.h"

#include "fastcgi/records.h"

namespace sessiond {

namespace {

void appendHeader(std::string& bytes, RecordType type, std::uint16_t request_id, std::size_t content) {
  bytes += static_cast<char>(kFastcgiVersion);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(request_id >> 8);
  bytes += static_cast<char>(request_id & 0xff);
  bytes += static_cast<char>(content >> 8 & 0xff);
  bytes += static_cast<char>(content & 0xff);
  bytes.append(2, '\0');  // no padding; reserved
}

}  // namespace

std::string endRequestRecord(std::uint16_t request_id, ProtocolStatus status) {
  constexpr std::size_t kBodyBytes = 8;
  std::string record;
  appendHeader(record, RecordType::kEndRequest, request_id, kBodyBytes);
  record.append(4, '\0');  // application status
  record += static_cast<char>(status);
  record.append(3, '\0');
  return record;
}

std::string tooLargeRecords(std::uint16_t request_id) {
  constexpr std::string_view kAnswer =
      "Status: 413 Content Too Large\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "\r\n"
      "The request is too large.\n";
  std::string records;
  appendHeader(records, RecordType::kStdout, request_id, kAnswer.size());
  records += kAnswer;
  appendHeader(records, RecordType::kStdout, request_id, 0);
  return records + endRequestRecord(request_id, ProtocolStatus::kRequestComplete);
}

}  // namespace sessiond
