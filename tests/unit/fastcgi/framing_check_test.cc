#include "fastcgi/framing_check.h"

#include "support/fastcgi_client.h"

namespace sessiond {
namespace {

std::span<const ParamPlace> last_params;

FramingResult check(const std::string& bytes) {
  static ParamPlaces list;
  const FramingResult result = checkFraming(bytes, list);
  last_params = list.view();
  return result;
}

/// The parameters that the places name in what copyParams() makes of a whole request.
std::vector<Param> paramsOf(const std::string& bytes) {
  static std::string text;
  const FramingResult result = check(bytes);
  EXPECT_EQ(result.verdict, Framing::kComplete);
  copyParams(bytes, result, text);
  std::vector<Param> params;
  for (const ParamPlace& place : last_params) {
    const std::string_view from = std::string_view(text).substr(place.at);
    params.push_back({.name = from.substr(0, place.name), .value = from.substr(place.name, place.value)});
  }
  return params;
}

std::string usualRequest() {
  return TestRequest{.params = {{"REQUEST_METHOD", "GET"}, {"HTTP_COOKIE", ""}}}.bytes();
}

void expectMalformed(const std::string& bytes, std::string_view reason) {
  const FramingResult result = check(bytes);
  EXPECT_EQ(result.verdict, Framing::kMalformed);
  EXPECT_EQ(result.reason, reason);
}

TEST(FramingCheck, FindsOneWholeRequest) {
  const std::string bytes = usualRequest();
  const FramingResult result = check(bytes);
  EXPECT_EQ(result.verdict, Framing::kComplete);
  EXPECT_EQ(result.length, bytes.size());
  EXPECT_EQ(result.request_id, 1);
  EXPECT_EQ(result.role, Role::kResponder);
  EXPECT_TRUE(result.keep);
  EXPECT_TRUE(result.has_stdin);
  EXPECT_EQ(result.body, 0U);
  EXPECT_EQ(result.params, 14U + 3 + 2 + 11 + 2);
  EXPECT_EQ(result.params_end, bytes.size() - 16);
  const std::vector<Param> params = paramsOf(bytes);
  ASSERT_EQ(params.size(), 2U);
  EXPECT_EQ(params[0].name, "REQUEST_METHOD");
  EXPECT_EQ(params[0].value, "GET");
  EXPECT_EQ(params[1].name, "HTTP_COOKIE");
  EXPECT_EQ(params[1].value, "");
}

TEST(FramingCheck, ARequestMayHaveNoParameters) {
  EXPECT_TRUE(paramsOf(TestRequest{}.bytes()).empty());
}

TEST(FramingCheck, ReadsIdAndKeepFlag) {
  const FramingResult result = check(TestRequest{.keep = false, .id = 0xfffe}.bytes());
  EXPECT_EQ(result.verdict, Framing::kComplete);
  EXPECT_EQ(result.request_id, 0xfffe);
  EXPECT_FALSE(result.keep);
}

TEST(FramingCheck, IgnoresUnknownFlagsOfBeginRequest) {
  std::string bytes = usualRequest();
  bytes[10] = '\xff';
  EXPECT_TRUE(check(bytes).keep);
  bytes[10] = '\xfe';
  EXPECT_EQ(check(bytes).verdict, Framing::kComplete);
  EXPECT_FALSE(check(bytes).keep);
}

TEST(FramingCheck, AddsUpTheBody) {
  const std::string bytes = beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 1, "abc", 5) +
                            fastcgiRecord(5, 1, "de") + fastcgiRecord(5, 1, "");
  const FramingResult result = check(bytes);
  EXPECT_EQ(result.verdict, Framing::kComplete);
  EXPECT_EQ(result.body, 5U);
  EXPECT_EQ(result.length, bytes.size());
}

TEST(FramingCheck, LeavesBytesBehindTheRequestToTheCaller) {
  const std::string one = usualRequest();
  const FramingResult result = check(one + one);
  EXPECT_EQ(result.verdict, Framing::kComplete);
  EXPECT_EQ(result.length, one.size());
}

TEST(FramingCheck, EveryPrefixIsIncompleteAndAsksForMore) {
  const std::string bytes = beginRecord() + fastcgiRecord(4, 1, nameValue("A", std::string(200, 'x')).substr(0, 3), 3) +
                            fastcgiRecord(4, 1, nameValue("A", std::string(200, 'x')).substr(3), 1) +
                            fastcgiRecord(4, 1, "") + fastcgiRecord(5, 1, "body", 4) + fastcgiRecord(5, 1, "");
  ASSERT_EQ(check(bytes).verdict, Framing::kComplete);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const FramingResult result = check(bytes.substr(0, size));
    EXPECT_EQ(result.verdict, Framing::kIncomplete) << size;
    EXPECT_GT(result.length, size);
    EXPECT_LE(result.length, bytes.size());
  }
}

TEST(FramingCheck, AsksForTheRestOfARecord) {
  EXPECT_EQ(check("").length, 8U);
  EXPECT_EQ(check(beginRecord().substr(0, 9)).length, 16U);
  EXPECT_EQ(check(beginRecord()).length, 24U);
  EXPECT_EQ(check(beginRecord() + fastcgiRecord(4, 1, nameValue("NAME", "value")).substr(0, 8)).length, 16U + 8 + 11);
}

TEST(FramingCheck, WalksPairsAcrossRecordBorders) {
  const std::string pairs =
      nameValue("A", "1") + nameValue(std::string(130, 'n'), std::string(300, 'v')) + nameValue("", "");
  for (std::size_t first = 1; first < pairs.size(); ++first) {
    const std::string bytes = beginRecord() + fastcgiRecord(4, 1, pairs.substr(0, first), 5) +
                              streamRecords(4, pairs.substr(first)) + streamRecords(5, "");
    const std::vector<Param> params = paramsOf(bytes);
    ASSERT_EQ(params.size(), 3U) << first;
    EXPECT_EQ(params[0].name, "A");
    EXPECT_EQ(params[0].value, "1");
    EXPECT_EQ(params[1].name, std::string(130, 'n')) << first;
    EXPECT_EQ(params[1].value, std::string(300, 'v')) << first;
    EXPECT_EQ(params[2].name, "");
    EXPECT_EQ(params[2].value, "");
  }
}

TEST(FramingCheck, WalksPairsThatArriveOneByteARecord) {
  std::string bytes = beginRecord();
  for (const char byte : nameValue("NAME", std::string(200, 'v'))) bytes += fastcgiRecord(4, 1, std::string(1, byte));
  bytes += fastcgiRecord(4, 1, "") + fastcgiRecord(5, 1, "");
  const std::vector<Param> params = paramsOf(bytes);
  ASSERT_EQ(params.size(), 1U);
  EXPECT_EQ(params[0].name, "NAME");
  EXPECT_EQ(params[0].value, std::string(200, 'v'));
}

TEST(FramingCheck, TakesShortLengthsInTheLongForm) {
  const std::string pair("\x80\0\0\1\x80\0\0\2Nvv", 11);
  const std::vector<Param> params = paramsOf(beginRecord() + streamRecords(4, pair) + streamRecords(5, ""));
  ASSERT_EQ(params.size(), 1U);
  EXPECT_EQ(params[0].name, "N");
  EXPECT_EQ(params[0].value, "vv");
}

TEST(FramingCheck, RefusesAnotherVersion) {
  std::string bytes = usualRequest();
  bytes[0] = '\2';
  expectMalformed(bytes, "unsupported version");
  bytes = usualRequest();
  bytes[16] = '\0';
  expectMalformed(bytes, "unsupported version");
  expectMalformed("GET / HTTP/1.1\r\n\r\n", "unsupported version");
}

TEST(FramingCheck, RefusesManagementRecordsAnywhere) {
  const std::string management = fastcgiRecord(9, 0, nameValue("FCGI_MAX_CONNS", ""));
  expectMalformed(management + usualRequest(), "management record");
  expectMalformed(beginRecord() + management, "management record");
  expectMalformed(beginRecord() + fastcgiRecord(4, 1, nameValue("A", "b")) + management, "management record");
  expectMalformed(beginRecord() + streamRecords(4, "") + management, "management record");
  expectMalformed(beginRecord() + fastcgiRecord(99, 0, "unknown"), "management record");
}

TEST(FramingCheck, RefusesABeginWithIdZero) {
  expectMalformed(TestRequest{.id = 0}.bytes(), "management record");
}

TEST(FramingCheck, RefusesWhatDoesNotBeginWithBegin) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{2, 3, 4, 5, 6, 8, 11, 77}) {
    expectMalformed(fastcgiRecord(type, 1, "12345678"), "does not begin with BEGIN_REQUEST");
  }
}

TEST(FramingCheck, RefusesABeginOfAWrongSize) {
  expectMalformed(fastcgiRecord(1, 1, "1234567"), "BEGIN_REQUEST of a wrong size");
  expectMalformed(fastcgiRecord(1, 1, "123456789"), "BEGIN_REQUEST of a wrong size");
  expectMalformed(fastcgiRecord(1, 1, std::string("\0\1\1\0\0\0\0\0", 8), 8), "BEGIN_REQUEST of a wrong size");
}

TEST(FramingCheck, RefusesASecondBegin) {
  expectMalformed(beginRecord() + beginRecord(), "unexpected record type");
  expectMalformed(beginRecord() + beginRecord(kResponderRole, true, 2), "record of another request");
}

TEST(FramingCheck, RefusesRecordsOfAnotherRequest) {
  expectMalformed(beginRecord() + fastcgiRecord(4, 2, ""), "record of another request");
  expectMalformed(beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 0x0101, ""), "record of another request");
}

TEST(FramingCheck, RefusesAnAbortAnywhere) {
  const std::string abort = fastcgiRecord(2, 1, "");
  expectMalformed(beginRecord() + abort, "aborted");
  expectMalformed(beginRecord() + fastcgiRecord(4, 1, nameValue("A", "b").substr(0, 3)) + abort, "aborted");
  expectMalformed(beginRecord() + streamRecords(4, "") + abort, "aborted");
  expectMalformed(beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 1, "x") + abort, "aborted");
}

TEST(FramingCheck, RefusesStreamsInTheWrongOrder) {
  expectMalformed(beginRecord() + fastcgiRecord(5, 1, "x"), "unexpected record type");
  expectMalformed(beginRecord() + streamRecords(4, "") + fastcgiRecord(4, 1, ""), "unexpected record type");
  expectMalformed(beginRecord() + streamRecords(4, "") + fastcgiRecord(8, 1, "x"), "unexpected record type");
}

TEST(FramingCheck, RefusesPaddingThatLibfcgiWouldTakeForAHeader) {
  expectMalformed(beginRecord() + fastcgiRecord(4, 1, "", 8), "padding behind an empty record");
  expectMalformed(beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 1, "", 1), "padding behind an empty record");
}

TEST(FramingCheck, RefusesParametersThatEndInTheMiddle) {
  const std::string pair = nameValue("NAME", "value");
  for (std::size_t size = 1; size < pair.size(); ++size) {
    expectMalformed(beginRecord() + streamRecords(4, pair.substr(0, size)), "parameters end inside a name or value");
  }
}

TEST(FramingCheck, RefusesLengthsNearTwoToThe31) {
  for (const char* const lengths : {"\xff\xff\xff\xff\1", "\1\xff\xff\xff\xff", "\xff\xff\xff\xfe\xff\xff\xff\xff",
                                    "\x80\2\0\1\1", "\x81\0\0\5\1"}) {
    std::string pair(lengths, 5);
    pair += "some more bytes behind them";
    expectMalformed(beginRecord() + fastcgiRecord(4, 1, pair), "parameter longer than any request");
  }
}

TEST(FramingCheck, RefusesALengthBeforeItsRecordIsWhole) {
  std::string record = fastcgiRecord(4, 1, std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8) + std::string(1000, 'x'));
  expectMalformed(beginRecord() + record.substr(0, 16), "parameter longer than any request");
}

TEST(FramingCheck, TakesSixtyFourKibibytesOfParametersAndNotOneMore) {
  const std::size_t overhead = nameValue("NAME", std::string(60000, 'v')).size() - 60000;
  const auto request = [&](std::size_t total) {
    return TestRequest{.params = {{"NAME", std::string(total - overhead, 'v')}}}.bytes();
  };
  EXPECT_EQ(check(request(64 * 1024)).verdict, Framing::kComplete);
  const FramingResult result = check(request(64 * 1024 + 1));
  EXPECT_EQ(result.verdict, Framing::kTooLarge);
  EXPECT_EQ(result.request_id, 1);
}

TEST(FramingCheck, TakesAThousandAndTwentyFourParametersAndNotOneMore) {
  TestRequest request{.params = {1024, {"N", "v"}}};
  EXPECT_EQ(check(request.bytes()).verdict, Framing::kComplete);
  request.params.emplace_back("N", "v");
  EXPECT_EQ(check(request.bytes()).verdict, Framing::kTooLarge);
}

TEST(FramingCheck, TakesOneHundredTwentyEightKibibytesAndNotOneMore) {
  const std::size_t overhead = TestRequest{.body = std::string(100'000, 'b')}.bytes().size() - 100'000;
  const auto request = [&](std::size_t total) {
    return TestRequest{.body = std::string(total - overhead, 'b')}.bytes();
  };
  EXPECT_EQ(request(128 * 1024).size(), 128U * 1024);
  EXPECT_EQ(check(request(128 * 1024)).verdict, Framing::kComplete);
  EXPECT_EQ(check(request(128 * 1024)).body, 128U * 1024 - overhead);
  const FramingResult result = check(request(128 * 1024 + 1));
  EXPECT_EQ(result.verdict, Framing::kTooLarge);
  EXPECT_EQ(result.request_id, 1);
}

TEST(FramingCheck, SaysTooLargeAsSoonAsAHeaderDoes) {
  const std::string bytes = beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 1, std::string(65535, 'x')) +
                            fastcgiRecord(5, 1, std::string(65535, 'x')).substr(0, 8);
  EXPECT_EQ(check(bytes).verdict, Framing::kTooLarge);
}

TEST(FramingCheck, SaysTooLargeWhenTheEndNoLongerFits) {
  std::string bytes = beginRecord() + streamRecords(4, "") + fastcgiRecord(5, 1, std::string(65535, 'x'));
  const std::size_t rest = kMaxRequestBytes - bytes.size() - 8;
  bytes += fastcgiRecord(5, 1, std::string(rest, 'x'));
  ASSERT_EQ(bytes.size(), kMaxRequestBytes);
  EXPECT_EQ(check(bytes).verdict, Framing::kTooLarge);
}

TEST(FramingCheck, KnowsResponderAndAuthorizerOnly) {
  EXPECT_EQ(check(TestRequest{.role = kAuthorizerRole}.bytes()).role, Role::kAuthorizer);
  for (const std::uint16_t role : std::initializer_list<std::uint16_t>{0, 3, 4, 0x0100, 0x0101, 0xffff}) {
    const FramingResult result = check(beginRecord(role, true, 7));
    EXPECT_EQ(result.verdict, Framing::kUnknownRole) << role;
    EXPECT_EQ(result.request_id, 7);
  }
}

TEST(FramingCheck, AnAuthorizerMayComeWithoutStdin) {
  TestRequest request{.params = {{"A", "b"}}, .role = kAuthorizerRole, .with_stdin = false};
  const FramingResult without = check(request.bytes());
  EXPECT_EQ(without.verdict, Framing::kComplete);
  EXPECT_FALSE(without.has_stdin);
  EXPECT_EQ(without.length, request.bytes().size());
  // The beginning of what follows decides.
  EXPECT_EQ(check(request.bytes() + '\1').verdict, Framing::kIncomplete);
  request.with_stdin = true;
  EXPECT_EQ(check(request.bytes()).verdict, Framing::kComplete);
  EXPECT_TRUE(check(request.bytes()).has_stdin);
}

TEST(FramingCheck, AResponderMayNotComeWithoutStdin) {
  EXPECT_EQ(check(TestRequest{.with_stdin = false}.bytes()).verdict, Framing::kIncomplete);
}

TEST(FramingCheck, KnowsALateEmptyStdin) {
  EXPECT_TRUE(beginsWithEmptyStdin(fastcgiRecord(5, 3, ""), 3));
  EXPECT_TRUE(beginsWithEmptyStdin(fastcgiRecord(5, 3, "") + beginRecord(), 3));
  EXPECT_FALSE(beginsWithEmptyStdin(fastcgiRecord(5, 4, ""), 3));
  EXPECT_FALSE(beginsWithEmptyStdin(fastcgiRecord(5, 3, "x"), 3));
  EXPECT_FALSE(beginsWithEmptyStdin(fastcgiRecord(5, 3, "", 1), 3));
  EXPECT_FALSE(beginsWithEmptyStdin(fastcgiRecord(4, 3, ""), 3));
  EXPECT_FALSE(beginsWithEmptyStdin('\2' + fastcgiRecord(5, 3, "").substr(1), 3)) << "of another version";
  EXPECT_FALSE(beginsWithEmptyStdin(fastcgiRecord(5, 3, "").substr(0, 7), 3));
}

}  // namespace
}  // namespace sessiond
