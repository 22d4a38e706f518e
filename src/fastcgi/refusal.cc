#include "fastcgi/refusal.h"

#include "fastcgi/records.h"

namespace sessiond {

std::string endRequestRecord(std::uint16_t request_id, ProtocolStatus status) {
  constexpr std::size_t kBodyBytes = 8;
  std::string record;
  appendRecordHeader(record, RecordType::kEndRequest, request_id, kBodyBytes);
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
  appendRecordHeader(records, RecordType::kStdout, request_id, kAnswer.size());
  records += kAnswer;
  appendRecordHeader(records, RecordType::kStdout, request_id, 0);
  return records + endRequestRecord(request_id, ProtocolStatus::kRequestComplete);
}

}  // namespace sessiond
