#include "nginx/configuration.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace sessiond::nginx {
namespace {

constexpr std::string_view kDumpMark = "# configuration file ";

class Includer {
 public:
  explicit Includer(const FileFinder& files) : files_(files) {}

  Expected<Directives, SyntaxError> read(const SourceFile& file, int depth) {
    auto parsed = parse(file.text, file.path);
    if (!parsed) return parsed;
    return expand(std::move(*parsed), depth);
  }

 private:
  Expected<Directives, SyntaxError> expand(Directives directives, int depth) {
    Directives expanded;
    for (Directive& directive : directives) {
      if (directive.name == "include" && !directive.block) {
        auto included = include(directive, depth);
        if (!included) return included;
        for (Directive& each : *included) expanded.push_back(std::move(each));
        continue;
      }
      if (directive.block) {
        auto inside = expand(std::move(*directive.block), depth);
        if (!inside) return inside;
        directive.block = std::move(*inside);
      }
      expanded.push_back(std::move(directive));
    }
    return expanded;
  }

  Expected<Directives, SyntaxError> include(const Directive& directive, int depth) {
    const std::string pattern(directive.argument(0));
    const std::vector<SourceFile> found = files_(pattern);
    if (found.empty() && pattern.find_first_of("*?[") == std::string::npos) {
      return Unexpected(SyntaxError{directive.place, "there is no file \"" + pattern + "\""});
    }
    Directives all;
    for (const SourceFile& file : found) {
      if (depth >= kMaxDepth) return Unexpected(SyntaxError{directive.place, "files include each other in a circle"});
      if (++included_ > kMaxIncludes) {
        const std::string most = std::to_string(kMaxIncludes);
        return Unexpected(SyntaxError{directive.place, "more than " + most + " files are included by one another"});
      }
      auto read_file = read(file, depth + 1);
      if (!read_file) return read_file;
      for (Directive& each : *read_file) all.push_back(std::move(each));
    }
    return all;
  }

  const FileFinder& files_;
  int included_ = 0;
};

}  // namespace

Expected<Directives, SyntaxError> readConfiguration(const SourceFile& main, const FileFinder& files) {
  return Includer(files).read(main, 0);
}

std::vector<SourceFile> splitDump(std::string_view text) {
  std::vector<SourceFile> files;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    if (line.starts_with(kDumpMark) && line.ends_with(":\n")) {
      files.push_back({std::string(line.substr(kDumpMark.size(), line.size() - kDumpMark.size() - 2)), {}});
    } else if (!files.empty()) {
      files.back().text += line;
    }
    text.remove_prefix(end);
  }
  return files;
}

FileFinder finderIn(std::vector<SourceFile> files, std::string folder) {
  return [files = std::move(files), folder = std::move(folder)](const std::string& pattern) {
    const std::string whole = pattern.starts_with('/') ? pattern : folder + "/" + pattern;
    std::vector<SourceFile> found;
    for (const SourceFile& file : files) {
      if (fnmatch(whole.c_str(), file.path.c_str(), FNM_PATHNAME) == 0) found.push_back(file);
    }
    return found;
  };
}

}  // namespace sessiond::nginx
