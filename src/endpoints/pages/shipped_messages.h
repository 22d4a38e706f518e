// The languages that sessiond brings: the files in messages/ beside, built into the program, so that a page has its
// words whatever is installed where.

#pragma once

#include <span>
#include <string_view>

namespace sessiond {

struct ShippedMessages {
  std::string_view language;
  std::string_view yaml;
};

/// English first.
std::span<const ShippedMessages> shippedMessages();

}  // namespace sessiond
