// The table of all options: for each its path, how it is read into Config and how it is written back. Reading,
// dumping, comparing and suggesting all go by this table; an option that is not in it does not exist.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/option_value.h"

namespace sessiond {

struct Option {
  std::string path;  ///< such as `redis.breaker.failures`
  /// Puts the value into its field, or reports what is wrong and leaves the field.
  std::function<void(const OptionValue&, Config&)> read;
  /// The YAML that stands after the colon: ` 5m`, or lines of a block.
  std::function<std::string(const Config&)> write;
  std::string schema;  ///< of its value, as JSON (config_schema.h)
};

/// In the order of the reference; options of one section stand together. Built once, then constant.
const std::vector<Option>& allOptions();

/// Nothing (nullptr) when there is no such option.
const Option* findOption(std::string_view path);
/// Does any option stand below this path?
bool isSection(std::string_view path);

}  // namespace sessiond
