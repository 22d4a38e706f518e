#include "fastcgi/answer_records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "fastcgi/records.h"

namespace sessiond {
namespace {

/// STDOUT records, each begun when there is something for it.
class Output {
 public:
  Output(std::size_t size, std::uint16_t request_id, std::string& bytes)
      : left_(size), request_id_(request_id), bytes_(bytes) {}

  /// REQUIRES: no more in all than the size that was said.
  void put(std::string_view piece) {
    while (!piece.empty()) {
      if (room_ == 0) beginRecord();
      const std::string_view fitting = piece.substr(0, room_);
      bytes_.append(fitting);
      room_ -= fitting.size();
      piece.remove_prefix(fitting.size());
    }
  }

 private:
  void beginRecord() {
    room_ = std::min(left_, kMaxRecordContent);
    left_ -= room_;
    appendRecordHeader(bytes_, RecordType::kStdout, request_id_, room_);
  }

  std::size_t left_;      ///< for records that have not begun
  std::size_t room_ = 0;  ///< in the one that has
  const std::uint16_t request_id_;
  std::string& bytes_;
};

/// In `buffer`.
std::string_view statusLine(int status, std::array<char, 64>& buffer) {
  const std::string_view phrase = reasonPhrase(status).substr(0, 40);
  char* end = std::copy_n("Status: ", 8, buffer.data());
  end = std::to_chars(end, end + 11, status).ptr;
  *end++ = ' ';
  end = std::copy(phrase.begin(), phrase.end(), end);
  end = std::copy_n("\r\n", 2, end);
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

void appendEndRequest(std::uint16_t request_id, ProtocolStatus status, std::string& bytes) {
  // Four bytes are an application's own, three reserved.
  const std::array<char, 8> content = {0, 0, 0, 0, static_cast<char>(status), 0, 0, 0};
  appendRecordHeader(bytes, RecordType::kEndRequest, request_id, content.size());
  bytes.append(content.data(), content.size());
}

}  // namespace

void appendAnswer(const Response& response, std::uint16_t request_id, std::string& bytes) {
  constexpr std::string_view kEmptyLine = "\r\n";
  std::array<char, 64> buffer;
  const std::string_view status = statusLine(response.status, buffer);
  const std::string_view lines = response.headers.lines();
  const std::size_t size = status.size() + lines.size() + kEmptyLine.size() + response.body.size();
  bytes.reserve(bytes.size() + size + (size / kMaxRecordContent + 4) * kRecordHeaderBytes);
  Output output(size, request_id, bytes);
  for (const std::string_view piece : {status, lines, kEmptyLine, std::string_view(response.body)}) output.put(piece);
  appendRecordHeader(bytes, RecordType::kStdout, request_id, 0);
  appendEndRequest(request_id, ProtocolStatus::kRequestComplete, bytes);
}

std::string tooLargeRecords(std::uint16_t request_id) {
  Response response(413);
  response.add("Content-Type", "text/plain; charset=utf-8");
  response.body = "The request is too large.\n";
  std::string records;
  appendAnswer(response, request_id, records);
  return records;
}

std::string endRequestRecord(std::uint16_t request_id, ProtocolStatus status) {
  std::string record;
  appendEndRequest(request_id, status, record);
  return record;
}

}  // namespace sessiond
