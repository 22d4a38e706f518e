#include "endpoints/api/app_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "endpoints/api/api_answers.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

/// Not thread-safe.
class MemoryAppCache final : public AppCache {
 public:
  struct Entry {
    std::string json;
    std::optional<seconds> ttl;
  };

  Expected<std::optional<std::string>, AppCacheError> get(std::string_view key) override {
    if (failure) return Unexpected(*failure);
    const auto entry = entries.find(key);
    if (entry == entries.end()) return std::optional<std::string>();
    return std::optional(entry->second.json);
  }
  Expected<void, AppCacheError> put(std::string_view key, std::string_view json, std::optional<seconds> ttl) override {
    if (failure) return Unexpected(*failure);
    entries.insert_or_assign(std::string(key), Entry{std::string(json), ttl});
    return {};
  }
  Expected<void, AppCacheError> remove(std::string_view key) override {
    if (failure) return Unexpected(*failure);
    if (const auto entry = entries.find(key); entry != entries.end()) entries.erase(entry);
    return {};
  }

  std::map<std::string, Entry, std::less<>> entries;
  std::optional<AppCacheError> failure;
};

class AppCacheTest : public EndpointFixture {
 protected:
  explicit AppCacheTest(std::size_t max_bytes = std::size_t{1024} * 1024)
      : endpoint_(AppCacheParts{.cache = cache_, .max_bytes = max_bytes, .log_key = log_key_, .metrics = metrics_}) {}

  Response request(std::string_view method, const std::string& uri, const std::string& body = "") {
    const std::size_t query = uri.find('?');
    const std::string text = query == std::string::npos ? "" : uri.substr(query + 1);
    return ask(endpoint_, method, {{"SESSIOND_URI", uri}, {"QUERY_STRING", text}}, body);
  }
  std::string put(const std::string& uri, const std::string& body) {
    const Response response = request("PUT", uri, body);
    return std::to_string(response.status) + " " + response.body;
  }

  MemoryAppCache cache_;
  AppCacheEndpoint endpoint_;
};

class SmallAppCacheTest : public AppCacheTest {
 protected:
  SmallAppCacheTest() : AppCacheTest(10) {}
};

TEST_F(AppCacheTest, GivesBackTheBytesThatWereStored) {
  const std::string json = " { \"a\" : 1.0e2 , \"b\":\"\\u00e9\xC3\xA9\" , \"a\":2 }\n";
  const Response stored = request("PUT", "/cache/weather%3Aparis?ttl=86400", json);
  EXPECT_EQ(stored.status, 204);
  EXPECT_EQ(stored.body, "");
  EXPECT_EQ(header(stored, "Cache-Control"), "no-store");
  EXPECT_EQ(cache_.entries.at("weather:paris").ttl, seconds(86400));
  const Response found = request("GET", "/cache/weather:paris");
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.body, json);
  EXPECT_EQ(header(found, "Content-Type"), "application/json");
  EXPECT_EQ(header(found, "Cache-Control"), "no-store");
  EXPECT_EQ(request("HEAD", "/cache/weather:paris").status, 200);
}

TEST_F(AppCacheTest, KeepsForEverWithoutTtlAndReplacesWhatWasThere) {
  EXPECT_EQ(put("/cache/a?ttl=1", "1"), "204 ");
  EXPECT_EQ(put("/cache/a", "null"), "204 ");
  EXPECT_EQ(cache_.entries.at("a").ttl, std::nullopt);
  EXPECT_EQ(request("GET", "/cache/a").body, "null");
}

TEST_F(AppCacheTest, DeletesWhetherThereIsAnythingOrNot) {
  put("/cache/a", "1");
  EXPECT_EQ(request("DELETE", "/cache/a").status, 204);
  EXPECT_EQ(request("DELETE", "/cache/a").status, 204);
  const Response gone = request("GET", "/cache/a");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.body, "{\"error\":\"not_found\",\"reason\":\"nothing is stored under this key\"}\n");
}

TEST_F(AppCacheTest, TakesOnlyATtlThatIsClear) {
  for (const char* query : {"ttl=0", "ttl=-1", "ttl=", "ttl=1.5", "ttl=60s", "ttl=+60", "ttl=3153600001",
                            "ttl=99999999999999999999", "ttl=%20"}) {
    EXPECT_EQ(put(std::string("/cache/a?") + query, "1"),
              "400 {\"error\":\"invalid_ttl\",\"reason\":\"ttl must be whole seconds from 1 to 3153600000\"}\n")
        << query;
  }
  for (const char* query : {"tll=60", "ttl=60&ttl=61", "ttl=60&x=1", "TTL=60", "60", "&", "ttl%"}) {
    EXPECT_EQ(put(std::string("/cache/a?") + query, "1"),
              "400 {\"error\":\"invalid_ttl\",\"reason\":\"the query may be ttl= and seconds, and nothing else\"}\n")
        << query;
  }
  EXPECT_TRUE(cache_.entries.empty());
  EXPECT_EQ(put("/cache/a?ttl=3153600000", "1"), "204 ");
}

TEST_F(AppCacheTest, AQueryIsForPutOnly) {
  for (const char* method : {"GET", "DELETE"}) {
    const Response response = request(method, "/cache/a?ttl=1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body,
              "{\"error\":\"invalid_query\",\"reason\":\"only PUT has a query; a question mark within the key is "
              "%3F\"}\n");
  }
}

TEST_F(AppCacheTest, TakesNothingButJson) {
  for (const std::string& body : {std::string(), std::string("{"), std::string("'a'"), std::string("1 2"),
                                  std::string("\xEF\xBB\xBF{}"), std::string("\"\xFF\""), std::string("{}\0", 3)}) {
    EXPECT_EQ(put("/cache/a", body),
              "400 {\"error\":\"invalid_json\",\"reason\":\"the body is no JSON text in UTF-8\"}\n")
        << body;
  }
  EXPECT_EQ(put("/cache/a", std::string(65, '[') + std::string(65, ']')),
            "400 {\"error\":\"invalid_json\",\"reason\":\"the JSON text is nested deeper than 64\"}\n");
  EXPECT_TRUE(cache_.entries.empty());
  EXPECT_EQ(put("/cache/a", std::string(64, '[') + std::string(64, ']')), "204 ");
}

TEST_F(AppCacheTest, ABodyHasAtMost120KiB) {
  const auto text = [](std::size_t size) { return '"' + std::string(size - 2, 'x') + '"'; };
  EXPECT_EQ(put("/cache/a", text(kMaxApiBodyBytes)), "204 ");
  EXPECT_EQ(put("/cache/a", text(kMaxApiBodyBytes + 1)),
            "413 {\"error\":\"too_large\",\"reason\":\"the value is larger than 120 KiB\"}\n");
}

TEST_F(SmallAppCacheTest, AValueHasAtMostTheConfiguredSize) {
  EXPECT_EQ(put("/cache/a", "1234567890"), "204 ");
  EXPECT_EQ(put("/cache/a", "12345678901"),
            "413 {\"error\":\"too_large\",\"reason\":\"the value is larger than cache.max_bytes, 10 bytes\"}\n");
  EXPECT_EQ(request("GET", "/cache/a").status, 200);
  cache_.entries["a"].json = "12345678901";
  EXPECT_EQ(request("GET", "/cache/a").body,
            "{\"error\":\"damaged\",\"reason\":\"it is larger than cache.max_bytes\"}\n");
}

TEST_F(AppCacheTest, WhatOthersStoredAndIsNoJsonIsDamagedNotMissing) {
  cache_.entries["a"].json = "not json";
  cache_.entries["b"].json = "\"\xFF\"";
  for (const char* uri : {"/cache/a", "/cache/b"}) {
    const Response response = request("GET", uri);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "{\"error\":\"damaged\",\"reason\":\"it is no JSON text in UTF-8\"}\n");
  }
  cache_.failure = AppCacheError::kWrongType;
  EXPECT_EQ(request("GET", "/cache/c").body, "{\"error\":\"damaged\",\"reason\":\"it is no string\"}\n");
  EXPECT_EQ(metrics_.counter("sessiond_app_cache_damaged_values_total", "").read(), 3U);
}

TEST_F(AppCacheTest, SaysSoWhenRedisCannotBeAsked) {
  put("/cache/a", "1");
  cache_.failure = AppCacheError::kUnavailable;
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const Response response = request(method, "/cache/a", method == std::string("PUT") ? "2" : "");
    EXPECT_EQ(response.status, 503) << method;
    EXPECT_EQ(header(response, "Retry-After"), "5");
    EXPECT_EQ(response.body, "{\"error\":\"unavailable\",\"reason\":\"Redis cannot be asked right now\"}\n");
  }
  EXPECT_EQ(cache_.entries.at("a").json, "1");
}

TEST_F(AppCacheTest, RefusesKeysAndMethodsThatItDoesNotHave) {
  EXPECT_EQ(put("/cache/%0a", "1"), "400 {\"error\":\"invalid_key\",\"reason\":\"the key has control characters\"}\n");
  const Response response = request("POST", "/cache/a", "1");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, PUT, DELETE");
}

TEST_F(AppCacheTest, TheSnippetMaySayWhereItStands) {
  cache_.entries["k"].json = "7";
  const Params params = {{"SESSIOND_URI", "/internal/c/k"}, {"SESSIOND_CACHE_PATH", "/internal/c/"}};
  EXPECT_EQ(ask(endpoint_, "GET", params).body, "7");
}

}  // namespace
}  // namespace sessiond
