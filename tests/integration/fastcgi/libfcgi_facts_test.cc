// What src/fastcgi relies on in libfcgi 2.4.2 without being promised it, and the faults that the framing check keeps
// away from it. If one of these fails with a newer library, libfcgi_body.cc and framing_check.h are to be
// thought over.

#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "fastcgi/libfcgi_body.h"
#include "fastcgi/libfcgi_input.h"
#include "support/fastcgi_client.h"

namespace sessiond {
namespace {

class LibfcgiFacts : public testing::Test {
 protected:
  LibfcgiFacts() {
    prepareLibfcgi();
    int pair[2];
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
    ours_.reset(pair[0]);
    peer_ = std::make_unique<FastcgiClient>(UniqueFd(pair[1]));
    FCGX_InitRequest(&request_, -1, FCGI_FAIL_ACCEPT_ON_INTR);
  }
  ~LibfcgiFacts() override { FCGX_Free(&request_, 0); }

  int accept(const std::string& bytes) {
    bytes_ = bytes;
    input_.emplace(bytes_);
    request_.ipcFd = ours_.get();
    request_.keepConnection = 1;
    request_.detached = 1;
    return FCGX_Accept_r(&request_);
  }
  bool open() const { return ::fcntl(ours_.get(), F_GETFD) >= 0; }

  FCGX_Request request_{};
  std::string bytes_;
  std::optional<LibfcgiInput> input_;
  UniqueFd ours_;
  std::unique_ptr<FastcgiClient> peer_;
};

TEST_F(LibfcgiFacts, ReadsThroughAFunctionThatTheProgramCanReplace) {
  const std::string on_the_wire = "not to be read";
  peer_->send(on_the_wire);
  ASSERT_EQ(accept(TestRequest{}.bytes()), 0);
  EXPECT_EQ(FCGX_GetChar(request_.in), -1);
  EXPECT_TRUE(input_->exhausted());
  int unread = 0;
  ASSERT_EQ(::ioctl(ours_.get(), FIONREAD, &unread), 0);
  EXPECT_EQ(static_cast<std::size_t>(unread), on_the_wire.size());
}

TEST_F(LibfcgiFacts, WithoutInputItFindsTheEnd) {
  peer_->send(TestRequest{}.bytes());
  request_.ipcFd = ours_.get();
  request_.keepConnection = 1;
  request_.detached = 1;
  EXPECT_NE(FCGX_Accept_r(&request_), 0);
  ours_.release();
}

TEST_F(LibfcgiFacts, ReadsARequestForADescriptorThatWasPutIntoIpcFd) {
  ASSERT_EQ(accept(TestRequest{.keep = true}.bytes()), 0);
  EXPECT_EQ(request_.ipcFd, ours_.get());
  EXPECT_NE(request_.keepConnection, 0);
  EXPECT_EQ(request_.role, FCGI_RESPONDER);
  EXPECT_EQ(FCGX_GetError(request_.in), 0);
}

TEST_F(LibfcgiFacts, OnFailureItClosesTheDescriptorAtOnceAndReturns) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_NE(accept(fastcgiRecord(4, 1, "no begin")), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  EXPECT_LT(request_.ipcFd, 0);
  EXPECT_EQ(::fcntl(ours_.release(), F_GETFD), -1);
}

TEST_F(LibfcgiFacts, FreeingWritesNothingAndLeavesTheDescriptor) {
  ASSERT_EQ(accept(TestRequest{.keep = false}.bytes()), 0);
  FCGX_Free(&request_, 0);
  EXPECT_EQ(request_.in, nullptr);
  EXPECT_EQ(request_.ipcFd, ours_.get());
  EXPECT_TRUE(open());
  EXPECT_FALSE(peer_->receive(std::chrono::milliseconds(20)));
}

TEST_F(LibfcgiFacts, WhatItFailsToReadIsGivenUpWithoutLingering) {
  // Can only happen when the framing check and libfcgi disagree.
  const std::string bytes = fastcgiRecord(4, 1, "no begin");
  std::string body;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(readBody(ours_, bytes, {.verdict = Framing::kComplete, .params_end = bytes.size(), .body = 1}, body));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  EXPECT_FALSE(ours_);
  EXPECT_TRUE(peer_->ended());
}

TEST_F(LibfcgiFacts, ABodyThatIsNotWhatWasCheckedIsGivenUp) {
  const std::string request = TestRequest{.body = "text"}.bytes();
  ParamPlaces params;
  FramingResult framing = checkFraming(request, params);
  std::string body;
  EXPECT_FALSE(readBody(ours_, request + std::string(9000, 'x'), framing, body));
  ASSERT_TRUE(readBody(ours_, request, framing, body));
  EXPECT_EQ(body, "text");
  for (const std::size_t other : {3U, 5U}) {
    framing.body = other;
    EXPECT_FALSE(readBody(ours_, request, framing, body)) << other;
  }
  // What libfcgi takes for whole although it was aborted.
  const std::string aborted = beginRecord() + fastcgiRecord(2, 1, "");
  framing = {.verdict = Framing::kComplete, .params_end = beginRecord().size(), .body = 4};
  EXPECT_FALSE(readBody(ours_, aborted, framing, body));
  EXPECT_TRUE(open());
}

TEST_F(LibfcgiFacts, FaultAnAbortInPlaceOfTheParametersLooksLikeARequest) {
  EXPECT_EQ(accept(beginRecord() + fastcgiRecord(2, 1, "")), 0);
  EXPECT_NE(FCGX_GetError(request_.in), 0);
}

TEST_F(LibfcgiFacts, ReadsFromOnePieceAndThenFromTheOther) {
  const std::string head = beginRecord();
  const std::string tail = streamRecords(4, "") + streamRecords(5, "body");
  input_.emplace(head, tail);
  request_.ipcFd = ours_.get();
  request_.keepConnection = 1;
  request_.detached = 1;
  ASSERT_EQ(FCGX_Accept_r(&request_), 0);
  char body[8] = {};
  EXPECT_EQ(FCGX_GetStr(body, sizeof body, request_.in), 4);
  EXPECT_STREQ(body, "body");
  EXPECT_TRUE(input_->exhausted());
}

TEST_F(LibfcgiFacts, FaultAnUnreadBodyIsLeftForTheNextRequest) {
  const std::string smuggled = TestRequest{.params = {{"SMUGGLED", "yes"}}}.bytes();
  ASSERT_EQ(accept(TestRequest{.body = std::string(8192, 'x') + smuggled}.bytes()), 0);
  FCGX_Finish_r(&request_);
  EXPECT_FALSE(input_->exhausted());
}

TEST_F(LibfcgiFacts, FaultThePaddingOfTheEmptyParamsIsTakenForAHeader) {
  ASSERT_EQ(accept(beginRecord() + fastcgiRecord(4, 1, "", 8) + fastcgiRecord(5, 1, "body") + fastcgiRecord(5, 1, "")),
            0);
  EXPECT_EQ(FCGX_GetChar(request_.in), -1);
  EXPECT_NE(FCGX_GetError(request_.in), 0);
}

}  // namespace
}  // namespace sessiond
