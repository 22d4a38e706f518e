#include "base/derived_keys.h"

#include <gtest/gtest.h>

#include "support/secrets.h"

namespace sessiond {
namespace {

TEST(DerivedKeys, TheFirstSignsAndAllVerify) {
  const auto before = secretsOf({"one"});
  const auto during = secretsOf({"two", "one"});
  const DerivedKeys old_keys(before, "purpose");
  const DerivedKeys new_keys(during, "purpose");
  const Sha256Digest by_old = old_keys.sign("message");
  const Sha256Digest by_new = new_keys.sign("message");
  EXPECT_TRUE(new_keys.verifies("message", asBytes(by_old)));
  EXPECT_TRUE(new_keys.verifies("message", asBytes(by_new)));
  EXPECT_FALSE(old_keys.verifies("message", asBytes(by_new)));
}

TEST(DerivedKeys, VerifyNothingElse) {
  const auto secrets = secretsOf({"one", "two"});
  const DerivedKeys keys(secrets, "purpose");
  const Sha256Digest signature = keys.sign("message");
  EXPECT_FALSE(keys.verifies("massage", asBytes(signature)));
  EXPECT_FALSE(keys.verifies("message", asBytes(signature).substr(1)));
  EXPECT_FALSE(keys.verifies("message", ""));
  EXPECT_FALSE(DerivedKeys(secrets, "another").verifies("message", asBytes(signature)));
  EXPECT_FALSE(keys.verifies("message", asBytes(HmacKey(secrets.front()).sign("message"))));
}

}  // namespace
}  // namespace sessiond
