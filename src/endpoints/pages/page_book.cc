#include "endpoints/pages/page_book.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/file.h"
#include "endpoints/pages/accept_language.h"
#include "endpoints/pages/html_page.h"
#include "endpoints/pages/message_file.h"
#include "endpoints/pages/page_style.h"
#include "endpoints/pages/page_theme.h"
#include "endpoints/pages/shipped_messages.h"

namespace sessiond {
namespace {

constexpr std::string_view kAutomatic = "auto";
constexpr std::size_t kKeysNamed = 8;  // in a warning about those that are missing

/// Where a file that is read comes from: the option that leads to it.
struct FileSource {
  std::string option;
  std::string file;
};

/// A language's name as BCP 47 writes the simple ones: letters and digits in parts of 2 to 8.
bool isLanguageName(std::string_view name) {
  std::size_t part = 0;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (c != '-' || part < 2)) return false;
    part = letter ? part + 1 : 0;
    if (part > 8) return false;
  }
  return part >= 2;
}

}  // namespace

/// What is put together while a book is read.
struct PageBook::Reader {
  PageBook& book;
  const LoginSettings& login;
  std::vector<PageProblem> problems = {};
  std::map<std::string, Messages::Texts> texts = {};

  void complain(const FileSource& source, const std::string& what) {
    problems.push_back({source.option, source.file + ": " + what});
  }
  void complain(const FileSource& source, const std::vector<std::string>& all) {
    for (const std::string& what : all) complain(source, what);
  }

  void readShipped() {
    for (const ShippedMessages& shipped : shippedMessages()) {
      const bool english = texts.empty();
      auto read = readMessageFile(shipped.yaml, english ? nullptr : &texts.at("en"));
      SESSIOND_CHECK(read.hasValue());
      texts.emplace(shipped.language, *std::move(read));
    }
  }

  /// The site's own texts, each over the shipped one of its key.
  void readOwn() {
    const std::filesystem::path folder = std::filesystem::path(book.settings_.folder) / "messages";
    std::error_code error;
    if (book.settings_.folder.empty() || !std::filesystem::is_directory(folder, error)) return;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const std::filesystem::path& file : files) readOwnFile(file);
  }

  void readOwnFile(const std::filesystem::path& file) {
    const FileSource source{"pages.folder", file.string()};
    const std::string language = file.stem().string();
    if (!isLanguageName(language)) {
      return complain(source, "must be named after a language, such as de.yaml or pt-BR.yaml");
    }
    Expected<FileContents, std::string> bytes = readFile(file.string(), kMaxMessageFileBytes);
    if (!bytes) return complain(source, bytes.error());
    auto own = readMessageFile(bytes->bytes, &texts.at("en"));
    if (!own) return complain(source, own.error());
    for (const auto& [key, text] : *own) texts[language][key] = text;
  }

  void makeLanguages() {
    book.english_ = texts.at("en");
    std::vector<std::string> names = {"en"};
    for (const auto& [name, own] : texts) {
      if (name != "en") names.push_back(name);
    }
    if (!book.settings_.languages.empty()) names = offered(names);
    for (const std::string& name : names) book.languages_.push_back(languageOf(name));
    book.language_names_ = names;
    chooseFallback();
  }

  /// Those of the site's choice that there are.
  std::vector<std::string> offered(const std::vector<std::string>& all) {
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < book.settings_.languages.size(); ++i) {
      const std::string& name = book.settings_.languages[i];
      const std::string option = "pages.languages[" + std::to_string(i) + "]";
      if (std::ranges::find(all, name) == all.end()) {
        problems.push_back({option, oneOf(all) + escapeForLog(name, 32) + "\""});
      } else if (std::ranges::find(chosen, name) != chosen.end()) {
        problems.push_back({option, "comes twice: " + name});
      } else {
        chosen.push_back(name);
      }
    }
    return chosen.empty() ? all : chosen;
  }

  /// What the language lacks is said in English.
  Messages languageOf(const std::string& name) {
    Messages::Texts all = texts.at(name);
    std::string lacking;
    std::size_t count = 0;
    for (const auto& [key, text] : book.english_) {
      if (!all.emplace(key, text).second) continue;
      ++count;
      if (count <= kKeysNamed) lacking.append(count == 1 ? "" : ", ").append(key);
    }
    if (count > kKeysNamed) lacking += ", ...";
    if (count > 0)
      book.warnings_.push_back({"pages.folder", "the language " + name + " lacks " + std::to_string(count) +
                                                    " texts, which are said in English: " + lacking});
    return {name, std::move(all)};
  }

  void chooseFallback() {
    if (book.settings_.language == kAutomatic) return;
    const auto chosen = std::ranges::find(book.language_names_, book.settings_.language);
    if (chosen != book.language_names_.end()) {
      book.fallback_ = static_cast<std::size_t>(chosen - book.language_names_.begin());
      return;
    }
    std::vector<std::string> words = {std::string(kAutomatic)};
    words.insert(words.end(), book.language_names_.begin(), book.language_names_.end());
    problems.push_back({"pages.language", oneOf(words) + escapeForLog(book.settings_.language, 32) + "\""});
  }

  static std::string oneOf(const std::vector<std::string>& words) {
    std::string text = "must be one of ";
    for (const std::string& word : words) text.append(&word == &words.front() ? "" : ", ").append(word);
    return text + " but is \"";
  }

  /// Where a page of the site's own is; none when the built-in one serves.
  std::optional<FileSource> ownFileOf(PageName name) const {
    if (!book.settings_.folder.empty()) {
      const auto file = std::filesystem::path(book.settings_.folder) / (std::string(builtinPage(name).file) + ".html");
      std::error_code error;
      if (std::filesystem::exists(file, error)) return FileSource{"pages.folder", file.string()};
    }
    if (name != PageName::kLogin || login.page_file.empty()) return std::nullopt;
    return FileSource{"login.page_file", login.page_file};
  }

  void readPage(PageName name, const std::string& head) {
    const BuiltinPage& builtin = builtinPage(name);
    PageVocabulary vocabulary;
    vocabulary.known.assign(kCommonNames.begin(), kCommonNames.end());
    vocabulary.known.insert(vocabulary.known.end(), builtin.names.begin(), builtin.names.end());
    vocabulary.needed = builtin.needed;
    const std::string script =
        book.settings_.script ? "<script>" + std::string(kPageScript) + "</script>\n" : std::string();
    if (book.settings_.script) vocabulary.script = kPageScript;
    vocabulary.parts = {{"head", head}, {"foot", kFoot}, {"script", script}};
    vocabulary.known_messages = &book.english_;
    const std::optional<FileSource> source = ownFileOf(name);
    std::string html(builtin.body);
    if (source) {
      Expected<FileContents, std::string> own = readFile(source->file, PageTemplate::kMaxBytes);
      if (!own) return complain(*source, own.error());
      html = std::move((*own).bytes);
    }
    auto page = PageTemplate::parse(html, vocabulary);
    SESSIOND_CHECK(page.hasValue() || source.has_value());
    if (!page) return complain(*source, page.error());
    PagePolicy allowed{.style_hashes = page->styleHashes(),
                       .script_hash = page->scriptHash(),
                       .origins = login.allowed_origins,
                       .own_files = source.has_value(),
                       .own_pictures = !book.logo_.empty()};
    std::string policy = contentSecurityPolicy(allowed);
    allowed.in_the_page = true;
    std::string policy_alone = contentSecurityPolicy(allowed);
    book.leaves_.push_back({*std::move(page), std::move(policy), std::move(policy_alone)});
  }
};

Expected<PageBook, std::vector<PageProblem>> PageBook::read(const PagesSettings& settings, const LoginSettings& login) {
  PageBook book(settings, login.url);
  Reader reader{.book = book, .login = login};
  reader.readShipped();
  reader.readOwn();
  reader.makeLanguages();
  const auto theme = PageTheme::read(settings);
  if (!theme) {
    reader.problems.insert(reader.problems.end(), theme.error().begin(), theme.error().end());
  } else {
    book.logo_ = theme->logo;
    book.logo_dark_ = theme->logo_dark;
    const std::string head = std::string(kHeadBeforeStyle) + theme->style + std::string(kHeadAfterStyle);
    for (std::size_t i = 0; i < kPageNames; ++i) reader.readPage(static_cast<PageName>(i), head);
  }
  if (!reader.problems.empty()) return Unexpected(std::move(reader.problems));
  return book;
}

std::vector<std::string> PageBook::languages() const {
  return settings_.language == kAutomatic ? language_names_ : std::vector<std::string>{settings_.language};
}

const Messages& PageBook::languageFor(const Request& request) const {
  if (settings_.language != kAutomatic) return languages_[fallback_];
  return languages_[chooseLanguage(request.paramOrEmpty("HTTP_ACCEPT_LANGUAGE"), language_names_, fallback_)];
}

std::string PageBook::fill(PageName name, PageValues& values, const Messages& messages) const {
  values.text("lang", messages.language())
      .text("dir", *messages.find(kDirectionKey))
      .text("site", settings_.site_name)
      .text("logo", logo_)
      .text("logo_dark", logo_dark_)
      .text("home", settings_.home_url)
      .text("help", settings_.help_url)
      .text("login_url", login_url_)
      .text("logout_url", kLogoutUrl)
      .text("sessions_url", kSessionsUrl)
      .flag("wide", name == PageName::kSessions)
      .message("title", builtinPage(name).title);
  return leaves_[static_cast<std::size_t>(name)].page.fill(values, messages);
}

Response PageBook::show(PageName name, int status, PageValues values, const Request& request) const {
  const Messages& messages = languageFor(request);
  Response response = htmlPage(status, fill(name, values, messages), leaves_[static_cast<std::size_t>(name)].policy);
  response.add("Content-Language", messages.language());
  response.add("Vary", "Accept-Language");
  return response;
}

std::string PageBook::standalone(PageName name, PageValues values, std::string_view language) const {
  const auto messages = std::ranges::find(languages_, language, &Messages::language);
  SESSIOND_CHECK(messages != languages_.end());
  values.text("policy", leaves_[static_cast<std::size_t>(name)].policy_alone);
  return fill(name, values, *messages);
}

}  // namespace sessiond
