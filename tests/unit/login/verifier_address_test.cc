#include "login/verifier_address.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

std::string addressOf(std::string_view text) {
  const auto address = parseVerifierAddress(text);
  return address ? address->socket + " " + address->url : "refused";
}

TEST(VerifierAddress, PasswordsGoOverTlsOrStayOnThisMachine) {
  for (const char* url :
       {"https://accounts.example.org/verify", "https://accounts.example.org:8443", "https://[2001:db8::1]/",
        "http://127.0.0.1:3000/verify?x=1", "http://127.9.9.9", "http://[::1]:3000/", "http://localhost/"}) {
    EXPECT_EQ(addressOf(url), " " + std::string(url));
  }
  for (const char* url : {"http://accounts.example.org/", "http://10.0.0.1/", "http://0.0.0.0/", "http://127.1/",
                          "http://128.0.0.1/", "http://[::2]/", "http://localhost.example.org/",
                          "http://127.0.0.1.example.org/", "http://127.0.0.1@example.org/"}) {
    EXPECT_EQ(addressOf(url), "refused") << url;
  }
}

TEST(VerifierAddress, AUnixSocketIsWrittenAsNginxDoes) {
  EXPECT_EQ(addressOf("http://unix:/run/app.sock:/verify?x"), "/run/app.sock http://localhost/verify?x");
  EXPECT_EQ(addressOf("http://unix:/run/app.sock"), "/run/app.sock http://localhost/");
  EXPECT_EQ(addressOf("http://unix:run/app.sock:/"), "refused");
  EXPECT_EQ(addressOf("http://unix:/run/app.sock:verify"), "refused");
  EXPECT_EQ(addressOf("http://unix:/" + std::string(200, 'x') + ":/"), "refused");
}

TEST(VerifierAddress, RefusesWhatIsNoAddress) {
  for (const char* url :
       {"", "accounts.example.org", "ftp://localhost/", "HTTPS://example.org/", "https://", "https:///x",
        "https://user@example.org/", "https://example.org:0/", "https://example.org:99999/", "https://example.org:x/",
        "https://example.org/ x", "https://example.org/#x", "https://exam\nple.org/", "https://example.org/\xc3\xa4"}) {
    EXPECT_EQ(addressOf(url), "refused") << url;
  }
}

}  // namespace
}  // namespace sessiond
