#include "nginx/parser.h"

#include <utility>

namespace sessiond::nginx {
namespace {

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// A word, one of `;`, `{`, `}`, or the end.
struct Token {
  enum class Kind { kWord, kSemicolon, kOpen, kClose, kEnd, kBroken };
  Kind kind = Kind::kEnd;
  std::string text = {};  ///< of a word; of kBroken: what is wrong
  int line = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next() {
    skipBlanks();
    if (at_ >= text_.size()) return {Token::Kind::kEnd, {}, line_};
    switch (text_[at_]) {
      case ';':
        return single(Token::Kind::kSemicolon);
      case '{':
        return single(Token::Kind::kOpen);
      case '}':
        return single(Token::Kind::kClose);
      case '"':
      case '\'':
        return quoted();
      default:
        return bare();
    }
  }

  /// Behind an opening brace: to the one that closes it. False when there is none.
  bool skipForeignBlock() {
    for (int depth = 1; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '{') ++depth;
      if (text_[at_] == '}' && --depth == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

 private:
  void skipBlanks() {
    while (at_ < text_.size() && (isSpace(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        take();
      }
    }
  }
  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }
  Token single(Token::Kind kind) {
    ++at_;
    return {kind, {}, line_};
  }
  /// After a backslash: quotes and backslashes stand for themselves, t, r, n for what they stand for everywhere; nginx
  /// leaves the backslash before everything else, for regular expressions.
  void takeEscaped(std::string& word) {
    ++at_;
    if (at_ >= text_.size()) return;
    const char c = take();
    if (c == '"' || c == '\'' || c == '\\') {
      word += c;
    } else if (c == 't' || c == 'r' || c == 'n') {
      word += c == 't' ? '\t' : c == 'r' ? '\r' : '\n';
    } else {
      word += '\\';
      word += c;
    }
  }

  Token quoted() {
    Token token{Token::Kind::kWord, {}, line_};
    const char quote = take();
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\') {
        takeEscaped(token.text);
      } else {
        token.text += take();
      }
    }
    if (at_ >= text_.size()) return {Token::Kind::kBroken, "a quote is never closed", token.line};
    ++at_;
    if (at_ < text_.size() && !isSpace(text_[at_]) &&
        std::string_view(";{)").find(text_[at_]) == std::string_view::npos)
      return {Token::Kind::kBroken, "a closing quote must be followed by a space, ; or {", line_};
    return token;
  }

  Token bare() {
    Token token{Token::Kind::kWord, {}, line_};
    while (at_ < text_.size() && !isSpace(text_[at_]) && text_[at_] != ';') {
      if (text_[at_] == '{') {
        if (token.text.empty() || token.text.back() != '$') break;
        while (at_ < text_.size() && text_[at_] != '}' && !isSpace(text_[at_])) token.text += take();
        continue;
      }
      if (text_[at_] == '\\') {
        takeEscaped(token.text);
      } else {
        token.text += take();
      }
    }
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : lexer_(text), file_(file) {}

  Expected<Directives, SyntaxError> parseBlock(int depth) {
    Directives directives;
    if (depth > kMaxDepth) return broken(0, "blocks are nested deeper than any configuration");
    for (;;) {
      Token token = lexer_.next();
      if (token.kind == Token::Kind::kEnd) {
        if (depth > 0) return broken(token.line, "a { is never closed");
        return directives;
      }
      if (token.kind == Token::Kind::kClose) {
        if (depth == 0) return broken(token.line, "a } closes nothing");
        return directives;
      }
      if (token.kind == Token::Kind::kBroken) return broken(token.line, token.text);
      if (token.kind != Token::Kind::kWord) return broken(token.line, "a directive must begin with its name");
      auto directive = parseDirective(std::move(token), depth);
      if (!directive) return Unexpected(directive.error());
      directives.push_back(std::move(*directive));
    }
  }

 private:
  Expected<Directive, SyntaxError> parseDirective(Token name, int depth) {
    Directive directive{std::move(name.text), {}, {file_, name.line}};
    for (;;) {
      Token token = lexer_.next();
      switch (token.kind) {
        case Token::Kind::kWord:
          directive.arguments.push_back(std::move(token.text));
          continue;
        case Token::Kind::kSemicolon:
          return directive;
        case Token::Kind::kOpen:
          return parseInside(std::move(directive), depth);
        case Token::Kind::kBroken:
          return broken(token.line, token.text);
        case Token::Kind::kClose:
        case Token::Kind::kEnd:
          return broken(directive.place.line, "directive \"" + directive.name + "\" is not ended by ; or a block");
      }
    }
  }
  Expected<Directive, SyntaxError> parseInside(Directive directive, int depth) {
    if (directive.name.ends_with("_by_lua_block")) {
      if (!lexer_.skipForeignBlock()) return broken(directive.place.line, "a { is never closed");
      directive.block.emplace();
      return directive;
    }
    auto inside = parseBlock(depth + 1);
    if (!inside) return Unexpected(inside.error());
    directive.block = std::move(*inside);
    return directive;
  }
  Unexpected<SyntaxError> broken(int line, std::string message) const {
    return Unexpected(SyntaxError{{file_, line}, std::move(message)});
  }

  Lexer lexer_;
  const std::string& file_;
};

}  // namespace

Expected<Directives, SyntaxError> parse(std::string_view text, const std::string& file) {
  return Parser(text, file).parseBlock(0);
}

}  // namespace sessiond::nginx
