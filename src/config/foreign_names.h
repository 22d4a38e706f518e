// The names that people bring along: from express-session, connect-redis, other daemons and other versions of YAML.
//
// "Did you mean" by spelling (name_suggestion.h) finds ours only when it looks alike; `session.ttl` does not look like
// session.idle_timeout. So what others call an option, a word or a unit stands here beside what it is called here.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sessiond {

/// What to say about an option that we do not have, such as `redis.host`: "the host stands in redis.url, ...". Spelling
/// counts nothing, as in nearestName(). `section` is empty at the top.
std::optional<std::string> adviceAboutForeignName(std::string_view section, std::string_view name);

/// Our word for another one (`Lax`, `warning`, `yes`), if it is among `words`.
std::optional<std::string_view> ourWordFor(std::string_view word, std::span<const std::string_view> words);

/// `30min`, `2w`, `1 hour` as we write them: 30m, 14d, 1h.
std::optional<std::string> ourDurationFor(std::string_view text);
/// `256K`, `8kb`, `1 MiB`, `2g` as we write them: 256k, 8k, 1m, 2048m.
std::optional<std::string> ourSizeFor(std::string_view text);
/// `/run/redis.sock`, `localhost:6379` as urls.
std::optional<std::string> redisUrlFor(std::string_view text);

}  // namespace sessiond
