#include "endpoints/pages/html_page.h"

#include <utility>

namespace sessiond {

std::string contentSecurityPolicy(const PagePolicy& allowed) {
  std::string policy = "default-src 'none'; style-src";
  if (allowed.own_files) policy += " 'self'";
  if (!allowed.own_files && allowed.style_hashes.empty()) policy += " 'none'";
  policy += allowed.style_hashes;
  if (!allowed.script_hash.empty()) policy.append("; script-src").append(allowed.script_hash);
  if (allowed.own_files) {
    policy += "; img-src 'self' data:; font-src 'self'";
  } else if (allowed.own_pictures) {
    policy += "; img-src data:";
  }
  policy += "; form-action 'self'";
  for (const std::string& origin : allowed.origins) policy += " " + origin;
  policy += "; base-uri 'none'";
  return allowed.in_the_page ? policy : policy + "; frame-ancestors 'none'";
}

Response htmlPage(int status, std::string html, std::string_view policy) {
  Response response(status);
  response.add("Content-Type", "text/html; charset=utf-8");
  response.add("Cache-Control", "no-store");
  response.add("Content-Security-Policy", policy);
  response.add("X-Content-Type-Options", "nosniff");
  response.add("X-Frame-Options", "DENY");
  // Not no-referrer: the page's own form would then come with `Origin: null` (cross_site.h).
  response.add("Referrer-Policy", "same-origin");
  response.body = std::move(html);
  return response;
}

}  // namespace sessiond
