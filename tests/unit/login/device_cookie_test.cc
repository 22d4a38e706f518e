#include "login/device_cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

std::vector<Secret> secrets(std::initializer_list<const char*> texts) {
  std::vector<Secret> made;
  for (const char* text : texts) made.emplace_back(std::string(text));
  return made;
}

class DeviceCookiesTest : public testing::Test {
 protected:
  std::optional<std::string> deviceOf(std::string_view user, std::string_view value) {
    const std::string_view values[] = {value};
    return cookies_.deviceOf(user, values);
  }

  FakeClock clock_;
  DeviceCookies cookies_{secrets({"first"}), clock_};
};

TEST_F(DeviceCookiesTest, AreGoodForTheirUserOnly) {
  const std::string value = cookies_.issue("ada", "");
  const auto device = deviceOf("ada", value);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->size(), 16U);
  EXPECT_FALSE(deviceOf("eve", value));
  EXPECT_FALSE(deviceOf("", value));
  EXPECT_EQ(deviceOf("ada", cookies_.issue("ada", *device)), device);
  EXPECT_NE(deviceOf("ada", cookies_.issue("ada", "")), device);
}

TEST_F(DeviceCookiesTest, ASignatureByTheSessionCookiesKeyIsNone) {
  const std::string time_and_id = base64UrlDecode(cookies_.issue("ada", ""))->substr(0, 24);
  const std::string signature(asBytes(HmacKey(Secret(std::string("first"))).sign(time_and_id + "ada")));
  EXPECT_FALSE(deviceOf("ada", base64UrlEncode(time_and_id + signature)));
}

TEST_F(DeviceCookiesTest, AreRefusedWhenAnythingIsChanged) {
  const std::string value = cookies_.issue("ada", "");
  for (std::size_t at = 0; at < value.size(); ++at) {
    std::string changed = value;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(deviceOf("ada", changed)) << at;
  }
  EXPECT_FALSE(deviceOf("ada", value.substr(1)));
  EXPECT_FALSE(deviceOf("ada", value + "AAAA"));
  EXPECT_FALSE(deviceOf("ada", ""));
  EXPECT_FALSE(deviceOf("ada", std::string(100'000, 'A')));
}

TEST_F(DeviceCookiesTest, LastAYear) {
  const std::string value = cookies_.issue("ada", "");
  clock_.advance(DeviceCookies::kLifetime - std::chrono::seconds(1));
  EXPECT_TRUE(deviceOf("ada", value));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(deviceOf("ada", value));
}

TEST_F(DeviceCookiesTest, AreAsGoodWhenAClockWasSetBack) {
  const std::string value = cookies_.issue("ada", "");
  clock_.advance(-std::chrono::hours(48));
  EXPECT_TRUE(deviceOf("ada", value));
}

TEST_F(DeviceCookiesTest, SurviveANewSecretAndGoWithTheOldOne) {
  const std::string value = cookies_.issue("ada", "");
  const std::string_view values[] = {value};
  EXPECT_TRUE(DeviceCookies(secrets({"second", "first"}), clock_).deviceOf("ada", values));
  EXPECT_FALSE(DeviceCookies(secrets({"second"}), clock_).deviceOf("ada", values));
}

TEST_F(DeviceCookiesTest, APlantedOneHidesNoGenuineOne) {
  const std::string foreign = cookies_.issue("eve", "");
  const std::string genuine = cookies_.issue("ada", "");
  const std::string_view values[] = {"x", foreign, genuine};
  EXPECT_TRUE(cookies_.deviceOf("ada", values));
}

}  // namespace
}  // namespace sessiond
