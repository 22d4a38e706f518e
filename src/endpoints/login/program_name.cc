#include "endpoints/login/program_name.h"

#include <array>
#include <cstddef>

namespace sessiond {
namespace {

constexpr std::size_t kMaxBytes = 256;

struct Sign {
  std::string_view text;
  std::string_view name;
};

// The first that is found counts: nearly all call themselves Safari as well, and most of those Chrome.
constexpr std::array<Sign, 16> kFamilies = {{{"Edg", "Edge"},
                                             {"OPR/", "Opera"},
                                             {"Vivaldi/", "Vivaldi"},
                                             {"SamsungBrowser/", "Samsung Internet"},
                                             {"YaBrowser/", "Yandex Browser"},
                                             {"FxiOS/", "Firefox"},
                                             {"Firefox/", "Firefox"},
                                             {"CriOS/", "Chrome"},
                                             {"Chrome/", "Chrome"},
                                             {"Version/", "Safari"},
                                             {"curl/", "curl"},
                                             {"Wget/", "Wget"},
                                             {"python", "Python"},
                                             {"okhttp/", "okhttp"},
                                             {"Go-http-client/", "Go"},
                                             {"node", "Node.js"}}};

constexpr std::array<Sign, 8> kSystems = {{{"iPhone", "iPhone"},
                                           {"iPad", "iPad"},
                                           {"Android", "Android"},
                                           {"Windows", "Windows"},
                                           {"CrOS", "ChromeOS"},
                                           {"Macintosh", "macOS"},
                                           {"Mac OS X", "macOS"},
                                           {"Linux", "Linux"}}};

template <std::size_t kCount>
std::string_view find(std::string_view user_agent, const std::array<Sign, kCount>& signs) {
  for (const Sign& sign : signs) {
    if (user_agent.find(sign.text) != std::string_view::npos) return sign.name;
  }
  return "";
}

}  // namespace

ProgramName programNameOf(std::string_view user_agent) {
  const std::string_view begin = user_agent.substr(0, kMaxBytes);
  return {.family = find(begin, kFamilies), .system = find(begin, kSystems)};
}

}  // namespace sessiond
