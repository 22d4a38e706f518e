#include "fastcgi/refusal.h"

namespace sessiond {
namespace {

TEST(Refusal, EndRequestSaysUnknownRole) {
  EXPECT_EQ(endRequestRecord(0x0102, ProtocolStatus::kUnknownRole), std::string("\1\3\1\2\0\10\0\0"
                                                                                "\0\0\0\0\3\0\0\0",
                                                                                16));
}

TEST(Refusal, TooLargeIsAWholeAnswer) {
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

}  // namespace
}  // namespace sessiond
