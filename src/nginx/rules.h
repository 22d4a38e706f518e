// The linter's rules, a function for each group, and what they all need to know of a server.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/address_pattern.h"
#include "nginx/finding.h"
#include "nginx/handover.h"
#include "nginx/lint.h"
#include "nginx/scope.h"

namespace sessiond::nginx {

/// A server that has to do with sessiond. A plain value, for the time of one run.
struct CheckedServer {
  const Scope& main;
  const Upstreams& upstreams;
  const Scope& server;
  const SessiondFacts& facts;
  bool has_endpoints = false;
  std::vector<const Scope*> locations;  ///< the site's own, sessiond's left out
  std::vector<std::string> identity;    ///< the headers that the snippets hand on: X-User-Id
  Findings& findings;

  void danger(std::string_view rule, const Place& place, std::string message, std::string remedy) const;
  void fault(std::string_view rule, const Place& place, std::string message, std::string remedy) const;
  void hint(std::string_view rule, const Place& place, std::string message, std::string remedy) const;
};

/// Does the line stand in one of the shipped files, whose folder is sessiond/, or sessiond/nginx/ in the package?
bool isOurs(const Place& place);
/// Does sessiond decide about requests here?
bool isChecked(const Scope& scope);
/// Does a check stand in this very block?
bool hasOwnCheck(const Scope& scope);
/// Is it a location for all addresses that begin with its text?
bool isPrefix(const Scope& location);
/// Is it a location for one address?
bool isExact(const Scope& scope);
/// Is it a location for the addresses that a regular expression matches?
bool isRegex(const Scope& scope);
/// Switched off for the whole location, in a server that is protected as a whole: meant so, mostly.
bool isPublicCorner(const Scope& location);
/// Nobody gets anything there: `internal`, `deny all`, a `return` that is no success and that no other location answers
/// (early_answer.h), or a redirect of every request.
bool isClosed(const Scope& scope);
/// Nothing stands between everybody and it (barriers.h).
bool isOpen(const Scope& scope);
/// The same in the server of a check, whose own passwords and lists do not count.
bool isUnchecked(const Scope& scope);
/// Can others than programs on this machine reach it?
bool listensPublicly(const Scope& server);
/// `^` and the like.
bool catchesEveryRequest(std::string_view regex);
/// A `rewrite` after which the client asks anew.
bool isRedirect(const Directive& rewrite);
/// Does such a one, in this very block, take every request?
bool redirectsEveryRequest(const Scope& scope);
/// An address to which a rewrite leads, as far as it is known; "" when it begins with a variable.
std::string_view literalTarget(const Directive& rewrite);
/// The addresses that it is for; of an exact one all that begin so.
AddressPattern patternOf(const Scope& location);
/// `location /a/`, as it was written.
std::string written(const Scope& location);
/// The lines of a name in a block, and in each `if` of it.
std::vector<const Directive*> linesIn(const Scope& scope, std::string_view name);
/// May sessiond.yaml have a policy of that name? In doubt, as where a variable holds the name, yes.
bool mayBePolicy(const SessiondFacts& facts, std::string_view name);
/// What sets a variable in a block, the last one; nullptr when the site itself does not.
const Directive* lastSet(const Scope& scope, std::string_view variable);
/// The policy that a block names, itself or by an included file; "" when it leaves that to `default`.
std::string_view namedPolicy(const Scope& scope);
/// Does one leave its policy to `default` where the other names one? Which of both lets more people in only sessiond
/// knows, but one address has one policy.
bool lacksPolicyOf(const Scope& one, const Scope& other);
/// Is a check made that lets in who has no session? Where sessiond.yaml is not known, by the policy of the name
/// `optional`.
bool isForEverybody(const SessiondFacts& facts, const Scope& scope);
/// Does one let everybody in by its policy, where the other one's does not?
bool letsMoreIn(const SessiondFacts& facts, const Scope& one, const Scope& other);
/// Does nothing keep those away from one whom the other keeps away: no check, or one that lets more in?
bool isOpenBeside(const SessiondFacts& facts, const Scope& one, const Scope& other);
/// Where endpoints.conf begins among the server's directives; their number when it is not there.
std::size_t endpointsAt(const Scope& server);

void lintCheck(const CheckedServer& here);         ///< is it there, does sessiond answer it, what comes before it
void lintPolicies(const CheckedServer& here);      ///< is the right one asked for
void lintLostPolicies(const CheckedServer& here);  ///< what nginx does not hand on with a check
void lintRewrites(const CheckedServer& here);      ///< does nginx leave what is protected before the check
void lintPolicyMaps(const CheckedServer& here);    ///< what chooses it, where a map does
void lintIdentity(const CheckedServer& here);      ///< whom the applications hear
void lintForwarded(const CheckedServer& here);     ///< the same by headers of the site's own
void lintRegexes(const CheckedServer& here);       ///< does nginx take another location than the one that protects
void lintWays(const CheckedServer& here);          ///< other ways to what is protected
void lintSlashes(const CheckedServer& here);       ///< one of them: a prefix without the slash at its end
void lintPathInfo(const CheckedServer& here);      ///< another one: a script, and behind it the address
void lintFiles(const CheckedServer& here);         ///< other addresses of the files in it, here and in other servers
void lintApplications(const CheckedServer& here);  ///< other ways to the programs behind what is protected
void lintAnswers(const CheckedServer& here);       ///< headers, error pages, caches
void lintSnippets(const std::vector<SourceFile>& files, const SessiondFacts& facts, Findings& findings);
void lintAnyServer(const Scope& server, Findings& findings);  ///< also one that protects nothing
void lintAround(const CheckedServer& here);  ///< what is around: status addresses, login, proxies in front

}  // namespace sessiond::nginx
