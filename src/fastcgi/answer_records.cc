#include "fastcgi/answer_records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "fastcgi/records.h"

namespace sessiond {
namespace {

constexpr std::size_t kEndRequestBytes = kRecordHeaderBytes + 8;

/// Returns where they end.
char* copyTo(char* at, std::span<const char> bytes) {
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

/// STDOUT records, each begun when there is something for it.
class Output {
 public:
  Output(std::size_t size, std::uint16_t request_id, char* at) : left_(size), request_id_(request_id), at_(at) {}

  static std::size_t bytesFor(std::size_t size) {
    const std::size_t records = (size + kMaxRecordContent - 1) / kMaxRecordContent;
    return size + records * kRecordHeaderBytes;
  }

  /// REQUIRES: no more in all than the size that was said.
  void put(std::string_view piece) {
    while (!piece.empty()) {
      if (room_ == 0) beginRecord();
      const std::string_view fitting = piece.substr(0, room_);
      at_ = copyTo(at_, fitting);
      room_ -= fitting.size();
      piece.remove_prefix(fitting.size());
    }
  }
  char* end() const { return at_; }

 private:
  void beginRecord() {
    room_ = std::min(left_, kMaxRecordContent);
    left_ -= room_;
    at_ = copyTo(at_, recordHeader(RecordType::kStdout, request_id_, room_));
  }

  std::size_t left_;      ///< for records that have not begun
  std::size_t room_ = 0;  ///< in the one that has
  const std::uint16_t request_id_;
  char* at_;
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

char* putEndRequest(std::uint16_t request_id, ProtocolStatus status, char* at) {
  // Four bytes are an application's own, three reserved.
  const std::array<char, kEndRequestBytes - kRecordHeaderBytes> content = {0, 0, 0, 0, static_cast<char>(status)};
  return copyTo(copyTo(at, recordHeader(RecordType::kEndRequest, request_id, content.size())), content);
}

}  // namespace

void appendAnswer(const Response& response, std::uint16_t request_id, std::string& bytes) {
  constexpr std::string_view kEmptyLine = "\r\n";
  std::array<char, 64> buffer;
  const std::string_view status = statusLine(response.status, buffer);
  const std::string_view lines = response.headers.lines();
  const std::size_t size = status.size() + lines.size() + kEmptyLine.size() + response.body.size();
  const std::size_t before = bytes.size();
  bytes.resize(before + Output::bytesFor(size) + kRecordHeaderBytes + kEndRequestBytes);
  Output output(size, request_id, bytes.data() + before);
  for (const std::string_view piece : {status, lines, kEmptyLine, std::string_view(response.body)}) output.put(piece);
  char* const end = copyTo(output.end(), recordHeader(RecordType::kStdout, request_id, 0));
  putEndRequest(request_id, ProtocolStatus::kRequestComplete, end);
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
  std::string record(kEndRequestBytes, '\0');
  putEndRequest(request_id, status, record.data());
  return record;
}

}  // namespace sessiond
