#include "endpoints/pages/page_template.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <kainjow/mustache.hpp>
#include <set>

#include "base/encoding.h"
#include "endpoints/pages/html_escape.h"
#include "endpoints/pages/page_tags.h"
#include "endpoints/pages/time_words.h"

namespace sessiond {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::list;
using kainjow::mustache::mustache;
using kainjow::mustache::object;
using LibraryContext = kainjow::mustache::basic_context<std::string>;

constexpr std::string_view kMessagePrefix = "t.";

/// Answers every name and writes it down.
class RecordingContext final : public LibraryContext {
 public:
  /// What every name is: something, or nothing. Sections show what they hold for the one or for the other.
  explicit RecordingContext(bool present) : answer_(present ? data("x") : data(data::type::bool_false)) {}

  void push(const data* /*section*/) override {}
  void pop() override {}
  const data* get(const std::string& name) const override {
    names_.insert(name);
    return &answer_;
  }
  const data* get_partial(const std::string& /*name*/) const override { return nullptr; }
  const std::set<std::string>& names() const { return names_; }

 private:
  const data answer_;
  mutable std::set<std::string> names_;
};

/// All names that a page refers to, whichever of its sections are shown.
std::set<std::string> namesIn(mustache& page) {
  std::set<std::string> names;
  for (const bool present : {true, false}) {
    RecordingContext context(present);
    page.render(context);
    names.insert(context.names().begin(), context.names().end());
  }
  return names;
}

/// The values of a page, escaped, and the messages of its language.
class FillingContext final : public kainjow::mustache::context<std::string> {
 public:
  FillingContext(const PageValues& values, const Messages& messages) : messages_(messages), values_(objectOf(values)) {
    push(&values_);
  }

  const data* get(const std::string& name) const override {
    if (!name.starts_with(kMessagePrefix)) return context::get(name);
    return keep(worded(std::string_view(name).substr(kMessagePrefix.size())));
  }

 private:
  data objectOf(const PageValues& values) const {
    data result(data::type::object);
    // Messages last: their places are filled with the texts of the same page.
    for (const PageValues::Entry& entry : values.entries()) {
      if (const auto* const text = std::get_if<std::string>(&entry.value)) {
        result.set(entry.name, text->empty() ? data(data::type::bool_false) : data(escapeHtml(*text)));
      } else if (const auto* const on = std::get_if<bool>(&entry.value)) {
        result.set(entry.name, data(*on ? data::type::bool_true : data::type::bool_false));
      } else if (const auto* const time = std::get_if<WallTime>(&entry.value)) {
        result.set(entry.name, data(timeInWords(*time, messages_)));
      } else if (const auto* const rows = std::get_if<PageValues::Rows>(&entry.value)) {
        list row_list;
        for (const PageValues& row : *rows) row_list.push_back(objectOf(row));
        result.set(entry.name, data(row_list));
      }
    }
    for (const PageValues::Entry& entry : values.entries()) {
      const auto* const message = std::get_if<PageValues::Message>(&entry.value);
      if (message == nullptr) continue;
      result.set(entry.name, message->key.empty() ? data(data::type::bool_false) : data(worded(message->key, result)));
    }
    return result;
  }

  /// A message as HTML, each place filled and kept apart from the direction of the text around it.
  std::string worded(std::string_view key, const data& values) const {
    return wordedWith(key, [&values](const std::string& name) { return values.get(name); });
  }
  std::string worded(std::string_view key) const {
    return wordedWith(key, [this](const std::string& name) { return context::get(name); });
  }
  std::string wordedWith(std::string_view key, const std::function<const data*(const std::string&)>& value_of) const {
    const std::string* const text = messages_.find(key);
    if (text == nullptr) return "";
    std::string html;
    std::string_view rest = *text;
    for (const std::string_view place : placesIn(*text)) {
      const auto at = static_cast<std::size_t>(place.data() - rest.data());
      html += escapeHtml(rest.substr(0, at - 1));
      rest.remove_prefix(at + place.size() + 1);
      const data* const value = value_of(std::string(place));
      if (value != nullptr && value->is_string()) html += "<bdi>" + value->string_value() + "</bdi>";
    }
    return html + escapeHtml(rest);
  }

  const data* keep(const std::string& text) const { return &kept_.emplace_back(text); }

  const Messages& messages_;
  const data values_;
  mutable std::deque<data> kept_;  // what get() points to
};

/// "Unclosed section "a" at 17" → `unclosed section "a" in line 2`.
std::string complaintOf(const std::string& error, std::string_view html) {
  const std::size_t at = error.rfind(" at ");
  if (at == std::string::npos) return error;
  const std::size_t offset = std::min<std::size_t>(std::stoul(error.substr(at + 4)), html.size());
  const auto line = 1 + std::ranges::count(html.substr(0, offset), '\n');
  std::string text = escapeForLog(error.substr(0, at), 80);
  if (text.starts_with('U')) text[0] = 'u';
  return text + " in line " + std::to_string(line);
}

void checkNames(mustache& page, const PageVocabulary& vocabulary, std::vector<std::string>& problems) {
  const std::set<std::string> used = namesIn(page);
  for (const std::string& name : used) {
    const bool is_message = name.starts_with(kMessagePrefix);
    const bool exists = is_message ? vocabulary.known_messages != nullptr &&
                                         vocabulary.known_messages->contains(std::string_view(name).substr(2))
                                   : std::ranges::find(vocabulary.known, name) != vocabulary.known.end();
    if (!exists) problems.push_back("unknown placeholder {{" + escapeForLog(name, 32) + "}}");
  }
  for (const std::string_view name : vocabulary.needed) {
    if (!used.contains(std::string(name))) problems.push_back("placeholder {{" + std::string(name) + "}} is missing");
  }
}

}  // namespace

/// render() changes it only where lambdas or partials fail, and there are neither: so one is for all threads.
struct PageTemplate::Parsed {
  explicit Parsed(const std::string& html) : page(html) {
    page.set_custom_escape([](const std::string& text) { return text; });
  }
  mustache page;
};

PageTemplate::PageTemplate(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
PageTemplate::PageTemplate(PageTemplate&&) noexcept = default;
PageTemplate& PageTemplate::operator=(PageTemplate&&) noexcept = default;
PageTemplate::~PageTemplate() = default;

Expected<PageTemplate, std::vector<std::string>> PageTemplate::parse(std::string_view html,
                                                                     const PageVocabulary& vocabulary) {
  std::vector<std::string> problems;
  if (html.size() > kMaxBytes) problems.push_back("page is larger than " + std::to_string(kMaxBytes) + " bytes");
  if (!isValidUtf8(html)) problems.emplace_back("page is not UTF-8");
  const std::string whole = putInParts(html, vocabulary.parts, problems);
  checkTags(whole, kMaxDepth, problems);
  const std::string styles = hashStyles(whole, problems);
  if (!problems.empty()) return Unexpected(std::move(problems));
  const mustache as_written{std::string(html)};
  if (!as_written.is_valid()) {
    problems.push_back(complaintOf(as_written.error_message(), html));
    return Unexpected(std::move(problems));
  }
  auto parsed = std::make_unique<Parsed>(whole);
  if (!parsed->page.is_valid()) {
    problems.push_back(complaintOf(parsed->page.error_message(), whole));
    return Unexpected(std::move(problems));
  }
  checkNames(parsed->page, vocabulary, problems);
  if (!problems.empty()) return Unexpected(std::move(problems));
  PageTemplate page(std::move(parsed));
  page.style_hashes_ = styles;
  if (!vocabulary.script.empty() && whole.find(vocabulary.script) != std::string::npos)
    page.script_hash_ = cspHash(vocabulary.script);
  return page;
}

std::string PageTemplate::fill(const PageValues& values, const Messages& messages) const {
  FillingContext context(values, messages);
  return parsed_->page.render(context);
}

}  // namespace sessiond
