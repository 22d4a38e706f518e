#include "fastcgi/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <fstream>
#include <thread>

#include "integration/fastcgi/test_server.h"
#include "support/forbid_calls.h"

namespace sessiond {
namespace {

/// For the calling thread.
bool forbidChown() {
#ifdef SYS_chown  // not on every machine
  if (!forbidCalls({SYS_chown})) return false;
#endif
  return forbidCalls({SYS_fchown, SYS_fchownat});
}

class ListenerTest : public testing::Test {
 protected:
  std::string path() const { return folder_ / "socket"; }
  Expected<Listener, std::string> open(std::uint32_t mode = 0660, const std::string& group = "") const {
    return Listener::open({.socket = path(), .mode = mode, .group = group});
  }
  std::string error(const std::string& socket) const {
    const auto listener = Listener::open({.socket = socket});
    return listener ? "" : listener.error();
  }
  struct stat status() const {
    struct stat found = {};
    ::stat(path().c_str(), &found);
    return found;
  }

  TemporaryFolder folder_;
};

TEST_F(ListenerTest, OpensAUnixSocketWithItsMode) {
  for (const std::uint32_t mode : {0660U, 0600U, 0666U}) {
    const auto listener = open(mode);
    ASSERT_TRUE(listener) << listener.error();
    EXPECT_EQ(status().st_mode, S_IFSOCK | mode);
    EXPECT_TRUE(FastcgiClient::connectUnix(path()).connected());
    EXPECT_FALSE(listener->inherited());
    EXPECT_NE(::fcntl(listener->fd(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(listener->fd(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST_F(ListenerTest, GivesTheSocketItsGroup) {
  const group* const own = ::getgrgid(::getegid());
  ASSERT_NE(own, nullptr);
  const auto listener = open(0660, own->gr_name);
  ASSERT_TRUE(listener) << listener.error();
  EXPECT_EQ(status().st_gid, ::getegid());
}

/// What is made here belongs to this process's group, or to the folder's.
TEST_F(ListenerTest, NeedsNoRightToGiveWhatTheSocketHasByItself) {
  const group* const own = ::getgrgid(::getegid());
  ASSERT_NE(own, nullptr);
  for (const mode_t mode : {0700U, 02700U}) {
    ASSERT_EQ(::chmod(folder_.path().c_str(), mode), 0);
    std::thread([&] {
      ASSERT_TRUE(forbidChown());
      EXPECT_EQ(Listener::whyImpossible({.socket = path(), .group = own->gr_name}), std::nullopt);
      const auto listener = open(0660, own->gr_name);
      ASSERT_TRUE(listener) << listener.error();
      EXPECT_EQ(status().st_gid, ::getegid());
    }).join();
  }
}

TEST_F(ListenerTest, RefusesAnUnknownGroupAndLeavesNothingBehind) {
  const auto listener = open(0660, "no-such-group-here");
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), "listen: " + path() + ": no such group: no-such-group-here");
  EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(path()).parent_path()));
}

TEST_F(ListenerTest, RemovesItsSocketWhenItGoes) {
  ASSERT_TRUE(open());  // and closed, as nobody keeps it
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ListenerTest, LeavesASocketThatSomebodyElsePutThere) {
  auto first = open();
  ASSERT_TRUE(first);
  ASSERT_EQ(::unlink(path().c_str()), 0);
  const auto second = open();
  ASSERT_TRUE(second);
  first->removePath();
  EXPECT_TRUE(FastcgiClient::connectUnix(path()).connected());
}

TEST_F(ListenerTest, ReplacesTheSocketOfAProcessThatIsGone) {
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(dead.get(), 1), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path()));
  const auto listener = open();
  ASSERT_TRUE(listener) << listener.error();
  EXPECT_TRUE(FastcgiClient::connectUnix(path()).connected());
}

TEST_F(ListenerTest, NeverTakesALiveSocketAway) {
  const auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "listen: " + path() + ": another process is listening there");
  EXPECT_TRUE(FastcgiClient::connectUnix(path()).connected());
}

TEST_F(ListenerTest, ASocketWithAFullBacklogIsAlive) {
  const auto first = Listener::open({.socket = path(), .backlog = 1});
  ASSERT_TRUE(first);
  std::vector<UniqueFd> waiting;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path().copy(address.sun_path, sizeof address.sun_path - 1);
  for (;;) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) break;
    ASSERT_LT(waiting.size(), 100U);
  }
  EXPECT_EQ(error(path()), "listen: " + path() + ": another process is listening there");
}

TEST_F(ListenerTest, NeverTouchesAFileThatIsNoSocket) {
  std::ofstream(path()) << "precious";
  EXPECT_EQ(error(path()), "listen: " + path() + ": is in the way and not a socket");
  std::string contents;
  std::ifstream(path()) >> contents;
  EXPECT_EQ(contents, "precious");
}

TEST_F(ListenerTest, SaysWhatIsWrongWithAPath) {
  const std::string missing = folder_ / "missing/socket";
  EXPECT_EQ(error(missing), "listen: " + missing + ": bind: No such file or directory");
  const std::string longest = "/" + std::string(98, 'p');
  EXPECT_EQ(error(longest), "listen: " + longest + ": path is longer than 98 bytes");
}

TEST_F(ListenerTest, OpensTcpOnIpv4AndIpv6) {
  const auto ipv4 = Listener::open({.socket = "127.0.0.1:0"});
  ASSERT_TRUE(ipv4) << ipv4.error();
  EXPECT_GT(portOf(ipv4->fd()), 0);
  EXPECT_TRUE(FastcgiClient::connectTcp("127.0.0.1", portOf(ipv4->fd())).connected());
  const auto ipv6 = Listener::open({.socket = "[::1]:0"});
  if (ipv6) {
    EXPECT_TRUE(FastcgiClient::connectTcp("::1", portOf(ipv6->fd())).connected());
  } else {
    // A machine without IPv6 says so.
    EXPECT_THAT(ipv6.error(), testing::AnyOf("listen: [::1]:0: socket: Address family not supported by protocol",
                                             "listen: [::1]:0: bind: Cannot assign requested address"));
  }
}

TEST_F(ListenerTest, SaysWhatIsWrongWithATcpAddress) {
  const std::string neither = ": neither a path that begins with / nor host:port";
  for (const std::string text : {"", "9000", ":9000", "localhost:", "::1:9000", "[::1:9000", "::1]:9000",
                                 "sessiond.sock", "127.0.0.1:http-or-so"}) {
    EXPECT_EQ(error(text), "listen: " + text + neither);
  }
  const auto first = Listener::open({.socket = "127.0.0.1:0"});
  ASSERT_TRUE(first);
  const std::string taken = "127.0.0.1:" + std::to_string(portOf(first->fd()));
  EXPECT_EQ(error(taken), "listen: " + taken + ": bind: Address already in use");
  // A part of a name has at most 63 characters, so nobody has to be asked.
  const std::string nobody = std::string(64, 'n') + ".example:9000";
  EXPECT_THAT(error(nobody), testing::StartsWith("listen: " + nobody + ": cannot resolve the host: "));
}

TEST_F(ListenerTest, WarnsOfAnAddressThatOthersCanReach) {
  const auto saidOf = [](const std::string& address) {
    testing::internal::CaptureStderr();
    const auto listener = Listener::open({.socket = address});
    EXPECT_TRUE(listener);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(saidOf("0.0.0.0:0"), testing::HasSubstr("whoever reaches it can speak in nginx's name"));
  EXPECT_EQ(saidOf("127.0.0.1:0"), "");
}

/// Of a configuration that is only looked at, beside a server that runs with it.
TEST_F(ListenerTest, SaysBeforehandWhyItCannotListenAndLeavesNothingBehind) {
  const auto why = [](const std::string& socket) {
    return Listener::whyImpossible({.socket = socket}).value_or("nothing");
  };
  EXPECT_EQ(why(path()), "nothing");
  EXPECT_FALSE(std::filesystem::exists(path()));
  const std::string missing = folder_ / "missing/socket";
  EXPECT_THAT(why(missing), testing::StartsWith(missing + ": "));
  EXPECT_EQ(why("127.0.0.1:0"), "nothing");
  const auto running = Listener::open({.socket = "127.0.0.1:0"});
  ASSERT_TRUE(running);
  EXPECT_EQ(why("127.0.0.1:" + std::to_string(portOf(running->fd()))), "nothing") << "it may be our own";
  EXPECT_EQ(why("9000"), "9000: neither a path that begins with / nor host:port");
}

TEST_F(ListenerTest, AdoptsATcpSocketFromSystemd) {
  for (const char* address : {"127.0.0.1:0", "[::1]:0"}) {
    const auto made = Listener::open({.socket = address});
    if (!made) continue;  // a machine without IPv6
    const auto adopted = Listener::adopt(UniqueFd(::dup(made->fd())));
    ASSERT_TRUE(adopted) << adopted.error();
    EXPECT_EQ(portOf(adopted->fd()), portOf(made->fd()));
    EXPECT_GT(portOf(adopted->fd()), 0);
  }
}

TEST_F(ListenerTest, AdoptsASocketFromSystemdAndLeavesItsPath) {
  const UniqueFd made(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(made.get(), 1), 0);
  {
    const auto listener = Listener::adopt(UniqueFd(::dup(made.get())));
    ASSERT_TRUE(listener) << listener.error();
    EXPECT_TRUE(listener->inherited());
    EXPECT_NE(::fcntl(listener->fd(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(listener->fd(), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(ListenerTest, RefusesToAdoptWhatDoesNotListen) {
  UniqueFd plain(::socket(AF_UNIX, SOCK_STREAM, 0));
  std::string name = "descriptor " + std::to_string(plain.get()) + " from systemd";
  const auto silent = Listener::adopt(std::move(plain));
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error(), "listen: " + name + ": is not a listening stream socket");
  UniqueFd packets(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
  const sockaddr_un unnamed{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_EQ(::bind(packets.get(), reinterpret_cast<const sockaddr*>(&unnamed), sizeof unnamed.sun_family), 0);
  ASSERT_EQ(::listen(packets.get(), 1), 0);
  name = "descriptor " + std::to_string(packets.get()) + " from systemd";
  EXPECT_EQ(Listener::adopt(std::move(packets)).error(), "listen: " + name + ": is not a listening stream socket");
  UniqueFd file(::open("/dev/null", O_RDONLY));
  name = "descriptor " + std::to_string(file.get()) + " from systemd";
  const auto none = Listener::adopt(std::move(file));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), "listen: " + name + ": getsockopt: Socket operation on non-socket");
}

}  // namespace
}  // namespace sessiond
