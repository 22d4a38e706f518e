#include "endpoints/login/address_prefix.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(AddressPrefix, NamesTheNetworkNotTheHost) {
  EXPECT_EQ(addressPrefix("192.0.2.17"), "192.0.2.0/24");
  EXPECT_EQ(addressPrefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(addressPrefix("2001:db8::1"), "2001:db8::/64");
  EXPECT_EQ(addressPrefix("::1"), "::/64");
  EXPECT_EQ(addressPrefix("::ffff:192.0.2.17"), "192.0.2.0/24");
}

TEST(AddressPrefix, IsEmptyForWhatIsNoAddress) {
  EXPECT_EQ(addressPrefix(""), "");
  EXPECT_EQ(addressPrefix("unix:"), "");
  EXPECT_EQ(addressPrefix("192.0.2"), "");
  EXPECT_EQ(addressPrefix("192.0.2.17.1"), "");
  EXPECT_EQ(addressPrefix("fe80::1%eth0"), "");
}

}  // namespace
}  // namespace sessiond
