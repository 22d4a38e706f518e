#include "endpoints/pages/page_theme.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/file.h"
#include "endpoints/pages/color.h"
#include "endpoints/pages/page_style.h"

namespace sessiond {
namespace {

constexpr double kLeastTextContrast = 4.5;  // WCAG 2.2, 1.4.3
constexpr double kLeastEdgeContrast = 3.0;  // WCAG 2.2, 1.4.11

/// What an accent colour stands beside, as the style sheet has it.
struct Surroundings {
  const char* text;  // --on-main
  const char* card;  // --card
};
constexpr Surroundings kLight = {"#ffffff", "#ffffff"};
constexpr Surroundings kDark = {"#0b1220", "#1b1f27"};

Color known(std::string_view text) {
  const std::optional<Color> color = parseColor(text);
  SESSIOND_CHECK(color.has_value());
  return *color;
}

std::string ratio(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void checkAccent(const std::string& option, const std::string& accent, const Surroundings& around,
                 std::vector<PageProblem>& problems) {
  const std::optional<Color> color = parseColor(accent);
  if (!color) {
    problems.push_back({option, "must be a colour such as #1d4ed8 but is \"" + escapeForLog(accent, 32) + "\""});
    return;
  }
  const double text = contrastOf(*color, known(around.text));
  if (text < kLeastTextContrast)
    problems.push_back({option, accent + " has a contrast of " + ratio(text) + " to a button's own text (" +
                                    around.text + "); at least 4.5 is needed to read it"});
  const double edge = contrastOf(*color, known(around.card));
  if (edge < kLeastEdgeContrast)
    problems.push_back({option, accent + " has a contrast of " + ratio(edge) + " to the page's card (" + around.card +
                                    "); at least 3 is needed to see it"});
}

std::string readNamed(const std::string& option, const std::string& file, std::size_t limit,
                      std::vector<PageProblem>& problems) {
  if (file.empty()) return "";
  Expected<FileContents, std::string> read = readFile(file, limit);
  if (read) return std::move((*read).bytes);
  problems.push_back({option, file + ": " + read.error()});
  return "";
}

/// A picture as a data: URL. SVG in an <img> runs no scripts and loads nothing.
std::string pictureOf(const std::string& option, const std::string& file, std::vector<PageProblem>& problems) {
  const std::string bytes = readNamed(option, file, PageTheme::kMaxLogoBytes, problems);
  if (bytes.empty()) return "";
  const bool png = bytes.starts_with("\x89PNG\r\n\x1a\n");
  const bool svg = !png && isValidUtf8(bytes) && bytes.find("<svg") < 1024;
  if (!png && !svg) {
    problems.push_back({option, file + ": is neither PNG nor SVG"});
    return "";
  }
  return std::string(png ? "data:image/png" : "data:image/svg+xml") + ";base64," + base64EncodeUnpadded(bytes);
}

}  // namespace

Expected<PageTheme, std::vector<PageProblem>> PageTheme::read(const PagesSettings& settings) {
  std::vector<PageProblem> problems;
  PageTheme theme{.style = std::string(kPageStyle), .logo = {}, .logo_dark = {}};
  if (!settings.accent.empty()) {
    checkAccent("pages.accent", settings.accent, kLight, problems);
    theme.style += "@media not all and (prefers-color-scheme: dark) { :root { --main: " + settings.accent + "; } }\n";
  }
  if (!settings.accent_dark.empty()) {
    checkAccent("pages.accent_dark", settings.accent_dark, kDark, problems);
    theme.style += "@media (prefers-color-scheme: dark) { :root { --main: " + settings.accent_dark + "; } }\n";
  }
  const std::string own = readNamed("pages.style_file", settings.style_file, kMaxStyleBytes, problems);
  for (const std::string_view mark : {"</style", "{{"}) {
    if (own.find(mark) != std::string::npos)
      problems.push_back({"pages.style_file", settings.style_file + ": must not hold " + std::string(mark)});
  }
  if (!isValidUtf8(own)) problems.push_back({"pages.style_file", settings.style_file + ": is not UTF-8"});
  theme.style += own;
  theme.logo = pictureOf("pages.logo_file", settings.logo_file, problems);
  theme.logo_dark = pictureOf("pages.logo_dark_file", settings.logo_dark_file, problems);
  if (theme.logo.empty() && !theme.logo_dark.empty() && settings.logo_file.empty())
    problems.push_back({"pages.logo_dark_file", "needs pages.logo_file for screens that are not dark"});
  if (!settings.logo_file.empty() && settings.site_name.empty())
    problems.push_back({"pages.logo_file", "needs pages.site_name, for those who do not see the picture"});
  if (!problems.empty()) return Unexpected(std::move(problems));
  return theme;
}

}  // namespace sessiond
