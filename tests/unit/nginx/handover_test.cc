#include "nginx/handover.h"

#include <gtest/gtest.h>

#include <string>

#include "nginx/parser.h"

namespace sessiond::nginx {
namespace {

/// Of `location / { … }` beside those upstreams, each as `addresses path`; `-`: the address stays.
std::string handed(const std::string& inside, const std::string& upstreams = "") {
  const auto text = parse(upstreams + "server { location / { " + inside + " } }", "f");
  const Scope main(*text);
  std::string all;
  for (const Handover& handover : handoversOf(*main.all(Scope::Kind::kLocation).front(), upstreamsIn(main))) {
    all += all.empty() ? "" : "; ";
    for (const std::string& address : handover.addresses) all += address + " ";
    all += handover.path.value_or("-");
  }
  return all;
}

TEST(NginxHandover, AProgramIsWhereItListens) {
  const std::string upstreams =
      "upstream Application { server 127.0.0.1:3000 weight=2; server unix:/run/a.sock; server [::1]; server b; }";
  const std::string all = "localhost:3000 unix:/run/a.sock localhost:80 b:80 ";
  EXPECT_EQ(handed("proxy_pass http://application;", upstreams), all + "-");
  EXPECT_EQ(handed("proxy_pass HTTP://APPLICATION/x;", upstreams), all + "/x");
  EXPECT_EQ(handed("fastcgi_pass application;", upstreams), all + "-");
  EXPECT_EQ(handed("proxy_pass http://application:81;", upstreams), "application:81 -");
  for (const char* name : {"127.0.0.1", "localhost", "LocalHost", "[::1]", "0.0.0.0", "[::]"}) {
    EXPECT_EQ(handed("proxy_pass http://" + std::string(name) + ":3000;"), "localhost:3000 -") << name;
  }
  EXPECT_EQ(handed("proxy_pass http://127.0.0.2:3000;"), "127.0.0.2:3000 -");
  EXPECT_EQ(handed("proxy_pass http://[2001:db8::1]:3000/;"), "[2001:db8::1]:3000 /");
  EXPECT_EQ(handed("proxy_pass http://[2001:db8::1];"), "[2001:db8::1]:80 -");
  EXPECT_EQ(handed("proxy_pass http://[1;"), "[1:80 -");
  EXPECT_EQ(handed("proxy_pass https://a/;"), "a:443 /");
  EXPECT_EQ(handed("grpc_pass grpcs://a;"), "a:443 -");
  EXPECT_EQ(handed("grpc_pass a;"), "a:80 -");
  EXPECT_EQ(handed("uwsgi_pass unix:/run/a.sock;"), "unix:/run/a.sock -");
  EXPECT_EQ(handed("proxy_pass http://unix:/run/a.sock:/b/;"), "unix:/run/a.sock /b/");
  EXPECT_EQ(handed("proxy_pass http://unix:/run/a.sock;"), "unix:/run/a.sock -");
}

TEST(NginxHandover, VariablesBehindTheProgramLeaveItAsItIs) {
  EXPECT_EQ(handed("proxy_pass http://a$request_uri;"), "a:80 -");
  EXPECT_EQ(handed("proxy_pass $scheme://a:3000$uri$is_args$args;"), "a:3000 -");
  EXPECT_EQ(handed("proxy_pass http://unix:/run/a.sock:$request_uri;"), "unix:/run/a.sock -");
  EXPECT_EQ(handed("proxy_pass http://a/b/$1;"), "a:80 /b/$1");
  EXPECT_EQ(handed("proxy_pass http://a:3000$1$is_args$args;"), "a:3000 $1$is_args$args");
  EXPECT_EQ(handed("proxy_pass http://a?b;"), "a:80 -");
  EXPECT_EQ(handed("proxy_pass http://$host; proxy_pass $backend; proxy_pass http://a$port/; proxy_pass;"), "");
}

TEST(NginxHandover, ConditionsAreTheLocationsOwn) {
  EXPECT_EQ(handed("if ($a) { proxy_pass http://b/; } limit_except GET { proxy_pass http://c; } "
                   "location /d { proxy_pass http://d; } proxy_pass http://a;"),
            "a:80 -; b:80 /; c:80 -");
}

}  // namespace
}  // namespace sessiond::nginx
