// Early answer: what answers where nginx leads a request on before any check is made, by a `rewrite` or by the
// error_page of a `return`. The check is then the other location's, or nobody's.

#pragma once

#include "nginx/scope.h"

namespace sessiond::nginx {

/// Does whoever is led there get in, past the server's own passwords and lists (barriers.h), to more than nginx itself
/// answers? `internal` keeps nobody away whom nginx leads there.
bool isOpenInside(const Scope& scope);

/// Does a program answer there?
bool handsOn(const Scope& scope);
/// One that is told which address the client asked for, wherever the request was led?
bool tellsAddress(const Scope& scope);

/// With its code an error_page is the page of an error; with `=` an answer.
bool isAnswer(const Directive& page);

/// The open location that answers in the place of a `return`, by an error_page that is in force, and with more than a
/// page that says what is wrong; nullptr without one.
const Scope* answersInstead(const Scope& scope, const Directive& statement);

}  // namespace sessiond::nginx
