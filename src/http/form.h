// Forms: application/x-www-form-urlencoded bodies and query strings, read strictly.
//
//   user=ada&password=a%26b+c  →  {"user", "ada"}, {"password", "a&b c"}
//
// The WHATWG URL standard's parser never fails; this one refuses what no browser writes, because a login form that
// two programs read in two ways is an attack's first half: broken percent-encoding, text that is not UTF-8, NUL,
// fields without a name, names that come twice (formField). An `&` too many parts nothing: programs write it.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sessiond {

inline constexpr std::size_t kMaxFormFields = 32;

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// The fields in order; none for an empty text. nullopt when it is not such a form or has more than kMaxFormFields.
/// The caller bounds the text's size. Nothing of it is left in memory but what is returned.
std::optional<FormFields> parseForm(std::string_view text);

/// The same of a query, on which others hang what they like (`utm_term=%E4`): a field that cannot be read is left out.
std::optional<FormFields> parseQuery(std::string_view text);

/// Names and values are overwritten and empty: of a form with a password.
void wipeForm(FormFields& fields);

/// The value of the field of that name; nullopt when it is not there or there more than once.
std::optional<std::string_view> formField(const FormFields& fields, std::string_view name);

/// Does a field of that name come more than once?
bool isRepeated(const FormFields& fields, std::string_view name);

}  // namespace sessiond
