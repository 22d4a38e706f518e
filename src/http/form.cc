#include "http/form.h"

#include <algorithm>

#include "base/encoding.h"

namespace sessiond {
namespace {

std::optional<std::string> decode(std::string_view encoded) {
  std::string spaced(encoded);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  std::optional<std::string> text = percentDecode(spaced);
  if (!text || text->find('\0') != std::string::npos || !isValidUtf8(*text)) return std::nullopt;
  return text;
}

std::ptrdiff_t countOf(const FormFields& fields, std::string_view name) {
  return std::count_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
}

}  // namespace

std::optional<FormFields> parseForm(std::string_view text) {
  FormFields fields;
  for (bool more = !text.empty(); more;) {
    if (fields.size() == kMaxFormFields) return std::nullopt;
    const std::size_t end = text.find('&');
    more = end != std::string_view::npos;
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(more ? end + 1 : text.size());

    const std::size_t equals = pair.find('=');
    std::optional<std::string> name = decode(pair.substr(0, equals));
    std::optional<std::string> value =
        equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1));
    if (!name || name->empty() || !value) return std::nullopt;
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  return fields;
}

std::optional<std::string_view> formField(const FormFields& fields, std::string_view name) {
  if (countOf(fields, name) != 1) return std::nullopt;
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return std::nullopt;
}

bool isRepeated(const FormFields& fields, std::string_view name) {
  return countOf(fields, name) > 1;
}

}  // namespace sessiond
