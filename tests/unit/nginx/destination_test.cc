#include "nginx/destination.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nginx/parser.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

std::string namesOf(const std::vector<const Scope*>& locations) {
  std::string names;
  for (const Scope* location : locations) names += (names.empty() ? "" : ", ") + written(*location);
  return names;
}

/// Of a server: what may be taken, behind a colon what is the likeliest.
std::string taken(const std::string& locations, const std::string& address) {
  const auto text = parse("server { " + locations + " }", "f");
  const Scope main(*text);
  const Scope& server = *main.all(Scope::Kind::kServer).front();
  const Destination to = Destination::by(address);
  const Scope& likeliest = takenFor(server, to);
  const std::string all = namesOf(locationsFor(server, to));
  return all + ": " + (&likeliest == &server ? "the server" : written(likeliest));
}

/// What a request of `location /a/` may end in.
std::string redirects(const std::string& inside, const std::string& others) {
  const auto text = parse("server { location /a/ { " + inside + " } " + others + " }", "f");
  const Scope main(*text);
  return namesOf(redirectsOf(*main.all(Scope::Kind::kLocation).front()));
}

TEST(NginxDestination, AQueryIsNoPartOfAnAddress) {
  for (const char* address : {"/x.php", "/x.php?a=$b", "/x.php$is_args$args", "/x.php${is_args}$args"}) {
    EXPECT_EQ(Destination::by(address).text, "/x.php") << address;
    EXPECT_TRUE(Destination::by(address).is_whole) << address;
  }
  EXPECT_EQ(Destination::by("/app$uri?a").text, "/app");
  EXPECT_FALSE(Destination::by("/app$uri?a").is_whole);
}

TEST(NginxDestination, RegexesComeBeforeAPrefixAndAnExactLocationBeforeAll) {
  const std::string locations = "location = /x.php {} location / {} location ~ \\.php$ {} location ~ ^/y {}";
  EXPECT_EQ(taken(locations, "/x.php?a"), "location = /x.php: location = /x.php");
  EXPECT_EQ(taken(locations, "/y.php"), "location ~ \\.php$, location ~ ^/y, location /: location ~ \\.php$");
  EXPECT_EQ(taken(locations, "/z"), "location /: location /");
  EXPECT_EQ(taken("location /a/ {} location ~ x$ {}", "/b"), ": the server");
  EXPECT_EQ(taken("location /a/ {} location ~ b$ {}", "/b"), "location ~ b$: location ~ b$");
}

TEST(NginxDestination, OfABeginningAPrefixIsTheLikeliest) {
  const std::string locations = "location = /app {} location / {} location /app/ {} location ~ \\.php$ {}";
  EXPECT_EQ(taken(locations, "/app$uri"), "location ~ \\.php$, location /: location /");
  EXPECT_EQ(taken(locations, "/app/$1"), "location ~ \\.php$, location /app/: location /app/");
  EXPECT_EQ(taken("location = /app {} location ~ \\.php$ {}", "/app$uri"), "location ~ \\.php$: location ~ \\.php$");
}

TEST(NginxDestination, RegexesAreAskedWhereNothingKeepsThemAway) {
  EXPECT_EQ(taken("location ^~ /a/ {} location ~ x$ {}", "/a/x"), "location ^~ /a/: location ^~ /a/");
  EXPECT_EQ(taken("location ^~ /a/ { location ~ x$ {} } location ~ ^/a {}", "/a/x"),
            "location ~ x$, location ^~ /a/: location ~ x$");
  EXPECT_EQ(taken("location /a/ { location ^~ /a/b/ {} location ~ x$ {} } location ~ ^/a {}", "/a/b/x"),
            "location ~ ^/a, location ^~ /a/b/: location ~ ^/a")
      << "it keeps only those beside itself away";
  EXPECT_EQ(taken("location / { } location /b/ { location ~ x$ {} }", "/a/x"), "location /: location /");
}

TEST(NginxDestination, ANamedLocationIsTakenByItsNameAlone) {
  EXPECT_EQ(taken("location / {} location @a {} location @b {} location ~ b {}", "@b"), "location @b: location @b");
  EXPECT_EQ(taken("location / {}", "@b"), ": the server");
}

TEST(NginxDestination, WhatIsNoAddressIsTakenByNothing) {
  for (const char* no_address : {"=404", "$uri", "https://example.org/a", ""}) {
    EXPECT_EQ(taken("location / {} location ~ 4|a|^ {}", no_address), ": the server") << no_address;
  }
}

TEST(NginxDestination, ARequestMayEndWhereItsOwnFilesAndTheErrorPagesInForceLead) {
  const std::string others = "location / {} location /e {} location @a {}";
  EXPECT_EQ(redirects("try_files $uri @a;", others), "location @a");
  EXPECT_EQ(redirects("try_files $uri =404;", others), "");
  EXPECT_EQ(redirects("error_page 404 500 = /e?x; error_page 503 @a;", others), "location /e, location @a");
  EXPECT_EQ(redirects("", "error_page 404 @a; " + others), "location @a");
  EXPECT_EQ(redirects("", "try_files $uri @a; " + others), "") << "nginx hands it on to no location";
}

}  // namespace
}  // namespace sessiond::nginx
