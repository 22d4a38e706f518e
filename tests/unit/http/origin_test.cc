#include "http/origin.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

TEST(CanonicalOrigin, LowersCaseAndDropsTheSchemesOwnPort) {
  EXPECT_EQ(canonicalOrigin("https://Example.ORG"), "https://example.org");
  EXPECT_EQ(canonicalOrigin("HTTPS://example.org:443"), "https://example.org");
  EXPECT_EQ(canonicalOrigin("http://example.org:80"), "http://example.org");
  EXPECT_EQ(canonicalOrigin("http://example.org:443"), "http://example.org:443");
  EXPECT_EQ(canonicalOrigin("https://example.org:8443"), "https://example.org:8443");
  EXPECT_EQ(canonicalOrigin("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
  EXPECT_EQ(canonicalOrigin("http://[::1]:8080"), "http://[::1]:8080");
  EXPECT_EQ(canonicalOrigin("https://[2001:DB8::1]:443"), "https://[2001:db8::1]");
  EXPECT_EQ(canonicalOrigin("http://localhost"), "http://localhost");
  EXPECT_EQ(canonicalOrigin("http://my_host.internal"), "http://my_host.internal");
}

TEST(CanonicalOrigin, RefusesWhatIsNoWebOrigin) {
  for (const char* text : {"",
                           "null",
                           "example.org",
                           "//example.org",
                           "https://",
                           "https:///",
                           "https://example.org/",
                           "https://example.org?",
                           "https://example.org#",
                           "https://user@example.org",
                           "https://a:b@example.org",
                           "ftp://example.org",
                           "file://",
                           "https:example.org",
                           "https:/example.org",
                           "https://example.org:",
                           "https://example.org:0",
                           "https://example.org:065",
                           "https://example.org:65536",
                           "https://example.org:+1",
                           "https://example.org:1 ",
                           " https://example.org",
                           "https://exa mple.org",
                           "https://ex\xc3\xa4mple.org",
                           "https://a..b",
                           "https://.a",
                           "https://[::1",
                           "https://[]",
                           "https://[::1]x",
                           "https://[::1]x80",
                           "https://[example.org]",
                           "https://a,b",
                           "https://a https://b",
                           "https://example.org\n",
                           "https://*.example.org"})
    EXPECT_EQ(canonicalOrigin(text), std::nullopt) << text;
  EXPECT_EQ(canonicalOrigin("https://" + std::string(256, 'a')), std::nullopt);
}

}  // namespace
}  // namespace sessiond
