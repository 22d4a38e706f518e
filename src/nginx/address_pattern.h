// AddressPattern: which addresses a location is for, as far as can be seen from how they begin and end.
//
// A regular expression is not understood, only read off: whatever is more than texts, groups of texts and anchors may
// be anything, so that an error is one to "may be". There is no matching of addresses here.
//
//   ^/(a|b)/.*\.(?:css|js)$    begins with /a/ or /b/, ends with .css or .js
//   \.php$|^/cgi/              ends with .php, or begins with /cgi/

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sessiond::nginx {

/// Addresses that begin with one of some texts and end with one of others; {""}: with anything.
struct AddressShape {
  std::vector<std::string> beginnings = {""};
  std::vector<std::string> endings = {""};
  bool is_whole = false;  ///< nothing comes between: what they begin with are the addresses
};

/// A plain value.
class AddressPattern {
 public:
  static AddressPattern ofPrefix(std::string_view prefix);
  /// One, as it is.
  static AddressPattern ofAddress(std::string_view address);
  /// In PCRE's syntax; `ignores_case` as with `~*`.
  static AddressPattern ofRegex(std::string_view regex, bool ignores_case);

  /// Can one address be both's? In doubt, yes.
  bool mayMeet(const AddressPattern& other) const;

 private:
  AddressPattern(std::vector<AddressShape> shapes, bool ignores_case);

  std::vector<AddressShape> shapes_;  ///< any of them
  bool ignores_case_;
};

}  // namespace sessiond::nginx
