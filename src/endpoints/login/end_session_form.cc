#include "endpoints/login/end_session_form.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "endpoints/media_type.h"
#include "http/form.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxEndFormBytes = 16 * 1024;

}  // namespace

bool mayBeEndSessionForm(const Request& request) {
  return isForm(request) && request.body.size() <= kMaxEndFormBytes &&
         request.body.find("ticket=") != std::string_view::npos;
}

std::optional<Response> EndSessionForm::answer(const Request& request, const std::string& rd) const {
  if (!mayBeEndSessionForm(request)) return std::nullopt;
  const std::optional<FormFields> fields = parseForm(request.body);
  if (!fields || !formField(*fields, "ticket")) return std::nullopt;
  const std::string user(formField(*fields, "user").value_or(""));  // so that only the password is asked for again
  switch (cap_.endOne(request, *fields)) {
    case SessionCap::Answer::kEnded:
      return pages_.form(request, 200, rd, user, std::move(PageValues().message("good", "session_ended")));
    case SessionCap::Answer::kGone:
      return pages_.form(request, 404, rd, user, std::move(PageValues().message("error", "session_gone")));
    case SessionCap::Answer::kExpired:
      return pages_.form(request, 403, rd, user, std::move(PageValues().message("error", "expired")));
    case SessionCap::Answer::kUnavailable:
      break;
  }
  return answers_.refuse(request, {LoginOutcome::kUnavailable}, user, rd);
}

}  // namespace sessiond
