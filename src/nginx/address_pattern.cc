#include "nginx/address_pattern.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace sessiond::nginx {
namespace {

/// More of them, out of several groups, are anything.
constexpr std::size_t kMostTexts = 64;

/// Of an expression: an anchor, one of a few texts, or anything.
struct Piece {
  enum class Kind { kBegin, kEnd, kTexts, kAnything };
  Kind kind = Kind::kAnything;
  std::vector<std::string> texts = {};
};
using Pieces = std::vector<Piece>;

bool isLetter(char c) {
  const char lower = toLower(c);
  return lower >= 'a' && lower <= 'z';
}
bool isLetterOrDigit(char c) {
  return isLetter(c) || (c >= '0' && c <= '9');
}

Piece oneText(char c) {
  return {Piece::Kind::kTexts, {std::string(1, c)}};
}

/// What stands between a group's parentheses. Nothing: what follows is changed by it.
std::optional<Piece> pieceOfGroup(std::string_view inside) {
  if (inside.starts_with('*')) return std::nullopt;
  if (inside.starts_with('?')) {
    // `(?i)` counts for what comes behind it.
    if (std::all_of(inside.begin() + 1, inside.end(), [](char c) { return isLetter(c) || c == '-' || c == '^'; })) {
      return std::nullopt;
    }
    if (!inside.starts_with("?:")) return Piece{};
    inside.remove_prefix(2);
  }
  Piece piece{Piece::Kind::kTexts, {""}};
  for (std::size_t i = 0; i < inside.size(); ++i) {
    char c = inside[i];
    if (c == '|') {
      piece.texts.emplace_back();
      continue;
    }
    if (c == '\\') {
      if (++i == inside.size() || isLetterOrDigit(inside[i])) return Piece{};
      c = inside[i];
    } else if (std::string_view(".*+?()[]{}^$").find(c) != std::string_view::npos) {
      return Piece{};
    }
    piece.texts.back() += c;
  }
  return piece;
}

class RegexReader {
 public:
  explicit RegexReader(std::string_view regex) : text_(regex) {}

  /// Its alternatives. None: something in it is not understood, or changes the meaning of the rest.
  std::vector<Pieces> read() {
    if (text_.find("\\Q") != std::string_view::npos || text_.find("(?#") != std::string_view::npos) return {};
    std::vector<Pieces> branches(1);
    while (at_ < text_.size()) {
      if (text_[at_] == '|') {
        ++at_;
        branches.emplace_back();
        continue;
      }
      auto piece = readPiece();
      const auto repeats = piece ? skipQuantifier() : std::nullopt;
      if (!repeats) return {};
      branches.back().push_back(*repeats ? Piece{} : *std::move(piece));
    }
    return branches;
  }

 private:
  std::optional<Piece> readPiece() {
    const char c = text_[at_++];
    switch (c) {
      case '^':
        return Piece{Piece::Kind::kBegin};
      case '$':
        return Piece{Piece::Kind::kEnd};
      case '.':
        return Piece{};
      case '[':
        return skipClass() ? std::optional(Piece{}) : std::nullopt;
      case '(':
        return readGroup();
      case '\\':
        return readEscape();
      case ')':
      case '*':
      case '+':
      case '?':
      case '{':
        return std::nullopt;
      default:
        return oneText(c);
    }
  }

  std::optional<Piece> readEscape() {
    if (at_ == text_.size()) return std::nullopt;
    const char c = text_[at_++];
    if (!isLetterOrDigit(c)) return oneText(c);
    const bool is_kind_of_character = std::string_view("dDwWsSbBhHvVNRX").find(c) != std::string_view::npos;
    return is_kind_of_character ? std::optional(Piece{}) : std::nullopt;
  }

  std::optional<Piece> readGroup() {
    const std::size_t begin = at_;
    for (int depth = 1; depth > 0;) {
      if (at_ >= text_.size()) return std::nullopt;
      const char c = text_[at_++];
      if (c == '\\') ++at_;
      if (c == '[' && !skipClass()) return std::nullopt;
      if (c == '(') ++depth;
      if (c == ')') --depth;
    }
    return pieceOfGroup(text_.substr(begin, at_ - 1 - begin));
  }

  /// Behind its opening bracket. False: it is not understood.
  bool skipClass() {
    if (at_ < text_.size() && text_[at_] == '^') ++at_;
    // There it stands for itself.
    if (at_ < text_.size() && text_[at_] == ']') ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == ']') return true;
      if (c == '\\') ++at_;
      if (c != '[' || at_ >= text_.size() || text_[at_] != ':') continue;
      ++at_;
      while (at_ < text_.size() && (isLetter(text_[at_]) || text_[at_] == '^')) ++at_;
      if (text_.substr(std::min(at_, text_.size()), 2) != ":]") return false;
      at_ += 2;
    }
    return false;
  }

  /// May what was read last be missing, or be there several times? Nothing: it is not understood.
  std::optional<bool> skipQuantifier() {
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '{') {
      const std::size_t end = text_.find_first_not_of("0123456789,", at_ + 1);
      if (end == std::string_view::npos || text_[end] != '}' || end == at_ + 1) return std::nullopt;
      at_ = end + 1;
    } else if (text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '?') {
      ++at_;
    } else {
      return false;
    }
    // Lazy or possessive.
    if (at_ < text_.size() && (text_[at_] == '?' || text_[at_] == '+')) ++at_;
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

using Texts = std::vector<std::string>;

/// Each with each; nothing: they are too many.
std::optional<Texts> joined(const Texts& heads, const Texts& tails) {
  if (heads.size() * tails.size() > kMostTexts) return std::nullopt;
  Texts all;
  for (const std::string& head : heads) {
    for (const std::string& tail : tails) all.push_back(head + tail);
  }
  return all;
}

bool isSame(std::string_view one, std::string_view other, bool ignores_case) {
  return ignores_case ? sameWithoutCase(one, other) : one == other;
}

bool beginAlike(std::string_view one, std::string_view other, bool ignores_case) {
  const std::size_t both = std::min(one.size(), other.size());
  return isSame(one.substr(0, both), other.substr(0, both), ignores_case);
}

bool endAlike(std::string_view one, std::string_view other, bool ignores_case) {
  const std::size_t both = std::min(one.size(), other.size());
  return isSame(one.substr(one.size() - both), other.substr(other.size() - both), ignores_case);
}

/// A line break at the end, which `$` takes no notice of, changes nothing about what can meet.
AddressShape shapeOf(const Pieces& pieces) {
  const bool is_begun = !pieces.empty() && pieces.front().kind == Piece::Kind::kBegin;
  const bool is_ended = !pieces.empty() && pieces.back().kind == Piece::Kind::kEnd;
  AddressShape shape;
  std::size_t begin = is_begun ? 1 : 0;
  std::size_t end = pieces.size() - (is_ended ? 1 : 0);
  if (is_ended) {
    for (std::size_t i = end; i > begin && pieces[i - 1].kind == Piece::Kind::kTexts; --i) {
      auto longer = joined(pieces[i - 1].texts, shape.endings);
      if (!longer) break;
      shape.endings = *std::move(longer);
    }
  }
  if (!is_begun) return shape;
  for (; begin < end && pieces[begin].kind == Piece::Kind::kTexts; ++begin) {
    auto longer = joined(shape.beginnings, pieces[begin].texts);
    if (!longer) return shape;
    shape.beginnings = *std::move(longer);
  }
  shape.is_whole = is_ended && begin == end;
  return shape;
}

bool mayMeet(const AddressShape& one, const AddressShape& other, bool ignores_case) {
  const bool begin = std::any_of(one.beginnings.begin(), one.beginnings.end(), [&](const std::string& text) {
    return std::any_of(other.beginnings.begin(), other.beginnings.end(), [&](const std::string& second) {
      if (one.is_whole && second.size() > text.size()) return false;
      if (other.is_whole && text.size() > second.size()) return false;
      return beginAlike(text, second, ignores_case);
    });
  });
  return begin && std::any_of(one.endings.begin(), one.endings.end(), [&](const std::string& text) {
           return std::any_of(other.endings.begin(), other.endings.end(),
                              [&](const std::string& second) { return endAlike(text, second, ignores_case); });
         });
}

}  // namespace

AddressPattern::AddressPattern(std::vector<AddressShape> shapes, bool ignores_case)
    : shapes_(std::move(shapes)), ignores_case_(ignores_case) {}

AddressPattern AddressPattern::ofPrefix(std::string_view prefix) {
  return {{AddressShape{.beginnings = {std::string(prefix)}}}, false};
}

AddressPattern AddressPattern::ofAddress(std::string_view address) {
  const Texts whole = {std::string(address)};
  return {{AddressShape{.beginnings = whole, .endings = whole, .is_whole = true}}, false};
}

AddressPattern AddressPattern::ofRegex(std::string_view regex, bool ignores_case) {
  constexpr std::string_view kIgnoreCase = "(?i)";
  if (regex.starts_with(kIgnoreCase)) {
    regex.remove_prefix(kIgnoreCase.size());
    ignores_case = true;
  }
  std::vector<AddressShape> shapes;
  for (const Pieces& branch : RegexReader(regex).read()) shapes.push_back(shapeOf(branch));
  if (shapes.empty()) shapes.emplace_back();
  return {std::move(shapes), ignores_case};
}

bool AddressPattern::mayMeet(const AddressPattern& other) const {
  const bool ignores_case = ignores_case_ || other.ignores_case_;
  return std::any_of(shapes_.begin(), shapes_.end(), [&](const AddressShape& one) {
    return std::any_of(other.shapes_.begin(), other.shapes_.end(),
                       [&](const AddressShape& second) { return nginx::mayMeet(one, second, ignores_case); });
  });
}

}  // namespace sessiond::nginx
