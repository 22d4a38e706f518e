#include "fastcgi/answer_records.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "fastcgi/records.h"

namespace sessiond {
namespace {

TEST(AnswerRecords, EndRequestSaysUnknownRole) {
  EXPECT_EQ(endRequestRecord(0x0102, ProtocolStatus::kUnknownRole), std::string("\1\3\1\2\0\10\0\0"
                                                                                "\0\0\0\0\3\0\0\0",
                                                                                16));
}

TEST(AnswerRecords, TooLargeIsAWholeAnswer) {
  const std::string answer =
      "Status: 413 Content Too Large\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "\r\n"
      "The request is too large.\n";
  ASSERT_EQ(answer.size(), 0x64U);
  EXPECT_EQ(tooLargeRecords(5), std::string("\1\6\0\5\0\x64\0\0", 8) + answer + std::string("\1\6\0\5\0\0\0\0", 8) +
                                    std::string("\1\3\0\5\0\10\0\0"
                                                "\0\0\0\0\0\0\0\0",
                                                16));
}

TEST(AnswerRecords, AnAnswerGoesBehindWhatIsThere) {
  Response response(204);
  response.add("X-User-Id", "1");
  std::string bytes = "before";
  appendAnswer(response, 0x0102, bytes);
  const std::string text = "Status: 204 No Content\r\nX-User-Id: 1\r\n\r\n";
  ASSERT_EQ(text.size(), 40U);
  EXPECT_EQ(bytes, "before" + std::string("\1\6\1\2\0\x28\0\0", 8) + text + std::string("\1\6\1\2\0\0\0\0", 8) +
                       std::string("\1\3\1\2\0\10\0\0"
                                   "\0\0\0\0\0\0\0\0",
                                   16));
}

TEST(AnswerRecords, AStatusThatNobodyNamedHasALineToo) {
  std::string bytes;
  appendAnswer(Response(-2147483647), 1, bytes);
  EXPECT_TRUE(std::string_view(bytes).substr(kRecordHeaderBytes).starts_with("Status: -2147483647 Unknown\r\n\r\n"));
}

/// The contents of the STDOUT records, and how many there are with something in them.
std::pair<std::string, std::size_t> outputOf(std::string_view bytes) {
  std::string output;
  std::size_t records = 0;
  for (;;) {
    const RecordHeader header = readRecordHeader(bytes.data());
    EXPECT_EQ(header.type, RecordType::kStdout);
    bytes.remove_prefix(kRecordHeaderBytes);
    if (header.content == 0) break;
    output += bytes.substr(0, header.content);
    bytes.remove_prefix(header.content);
    ++records;
  }
  EXPECT_EQ(bytes, endRequestRecord(1, ProtocolStatus::kRequestComplete));
  return {output, records};
}

TEST(AnswerRecords, WhatIsTooLongForOneRecordIsInSeveral) {
  const std::string head = "Status: 200 OK\r\n\r\n";
  for (const std::size_t records : {1U, 2U, 3U}) {
    for (const std::size_t less : {0U, 1U}) {
      Response response(200);
      response.body.assign(records * kMaxRecordContent - head.size() - less, 'x');
      for (std::size_t i = 0; i < response.body.size(); i += 251) response.body[i] = static_cast<char>('a' + i % 26);
      std::string bytes;
      appendAnswer(response, 1, bytes);
      const auto [output, count] = outputOf(bytes);
      EXPECT_TRUE(output == head + response.body) << records << " - " << less;
      EXPECT_EQ(count, records);
      response.body += std::string(less + 1, 'y');
      bytes.clear();
      appendAnswer(response, 1, bytes);
      EXPECT_EQ(outputOf(bytes).second, records + 1);
    }
  }
}

}  // namespace
}  // namespace sessiond
