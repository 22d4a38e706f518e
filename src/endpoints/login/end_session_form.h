// EndSessionForm: the form of the page that SessionCap offers, with which who may have no more sessions ends one of
// them. It comes to the login's address, and is no login.

#pragma once

#include <optional>
#include <string>

#include "endpoints/login/login_answers.h"
#include "endpoints/login/login_pages.h"
#include "endpoints/login/session_cap.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Can it be this form? A form with a password alone is left to whoever wipes it.
bool mayBeEndSessionForm(const Request& request);

/// Immutable and thread-safe. Waits for the store. All outlive it.
class EndSessionForm {
 public:
  EndSessionForm(const SessionCap& cap, const LoginPages& pages, const LoginAnswers& answers)
      : cap_(cap), pages_(pages), answers_(answers) {}

  /// Absent: it is another form. `rd`: where to go after the login that follows.
  std::optional<Response> answer(const Request& request, const std::string& rd) const;

 private:
  const SessionCap& cap_;
  const LoginPages& pages_;
  const LoginAnswers& answers_;
};

}  // namespace sessiond
