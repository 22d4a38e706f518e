#include "fastcgi/framing_check.h"

#include <array>

#include "fastcgi/records.h"

namespace sessiond {

namespace {

constexpr unsigned kRoleResponder = 1;
constexpr unsigned kRoleAuthorizer = 2;

/// Name-value lengths (specification §3.4): one byte below 128, else four with the top bit set.
constexpr std::size_t kLongestPairHeader = 8;

/// Walks the parameter stream over any number of records.
class PairWalk {
 public:
  explicit PairWalk(ParamPlaces& places) : places_(places) {}

  enum class Step { kGoOn, kTooLong, kTooMany };

  Step feed(std::string_view chunk) {
    const char* const bytes = chunk.data();
    std::size_t at = skip_;
    while (at < chunk.size()) {
      ParamPlace pair;
      if (collected_ == 0 && chunk.size() - at >= kLongestPairHeader) {
        at += readLengths(bytes + at, pair);
      } else {
        header_[collected_++] = bytes[at++];
        if (collected_ < headerBytesNeeded()) continue;
        readLengths(header_.data(), pair);
        collected_ = 0;
      }
      if (pair.name > kMaxRequestBytes || pair.value > kMaxRequestBytes) return Step::kTooLong;
      if (places_.full()) return Step::kTooMany;
      pair.at = static_cast<std::uint32_t>(passed_ + at);
      places_.add(pair);
      at += std::size_t{pair.name} + pair.value;
    }
    passed_ += chunk.size();
    skip_ = at - chunk.size();
    return Step::kGoOn;
  }

  bool atBorder() const { return skip_ == 0 && collected_ == 0; }

 private:
  /// Reads one length into `length`; returns the bytes it took.
  static std::size_t readLength(const char* bytes, std::uint32_t& length) {
    length = byteAt(bytes, 0);
    if (length < kShortLength) return 1;
    length = (length & 0x7f) << 24 | byteAt(bytes, 1) << 16 | byteAt(bytes, 2) << 8 | byteAt(bytes, 3);
    return 4;
  }
  static std::size_t readLengths(const char* bytes, ParamPlace& pair) {
    pair.name = byteAt(bytes, 0);
    pair.value = byteAt(bytes, 1);
    if ((pair.name | pair.value) < kShortLength) return 2;  // as nearly all are
    const std::size_t taken = readLength(bytes, pair.name);
    return taken + readLength(bytes + taken, pair.value);
  }
  std::size_t headerBytesNeeded() const {
    const std::size_t name = byteAt(header_.data(), 0) < kShortLength ? 1 : 4;
    if (collected_ <= name) return name + 1;
    return name + (byteAt(header_.data(), name) < kShortLength ? 1 : 4);
  }

  ParamPlaces& places_;
  std::size_t passed_ = 0;     // bytes of all chunks
  std::size_t skip_ = 0;       // bytes of name and value still to come
  std::size_t collected_ = 0;  // bytes in header_: lengths that straddle a record's end
  std::array<char, kLongestPairHeader> header_{};
};

/// One pass over the records. libfcgi forgets the padding of the three records that end a phase (BEGIN_REQUEST, the
/// empty PARAMS, the empty STDIN) and would take it for the next header, so those may have none.
class RequestWalk {
 public:
  RequestWalk(std::string_view bytes, ParamPlaces& params) : bytes_(bytes), params_(params) {}

  FramingResult run() {
    while (phase_ != Phase::kDone) {
      if (bytes_.size() - at_ < kRecordHeaderBytes) {
        need(at_ + kRecordHeaderBytes);
        break;
      }
      const RecordHeader header = readRecordHeader(bytes_.data() + at_);
      if (!headerIsUsual(header)) break;
      const std::size_t end = at_ + kRecordHeaderBytes + header.content + header.padding;
      if (end > kMaxRequestBytes) {
        stop(Framing::kTooLarge);
        break;
      }
      if (!take(header, end)) break;
      at_ = end;
    }
    return result_;
  }

 private:
  enum class Phase { kBegin, kParams, kBody, kDone };

  bool headerIsUsual(const RecordHeader& header) {
    if (header.version != kFastcgiVersion) return malformed("unsupported version");
    if (header.request_id == 0) return malformed("management record");
    if (phase_ == Phase::kBegin) {
      if (header.type != RecordType::kBeginRequest) return malformed("does not begin with BEGIN_REQUEST");
      if (header.content != kBeginBodyBytes || header.padding != 0) return malformed("BEGIN_REQUEST of a wrong size");
      return true;
    }
    if (header.request_id != result_.request_id) return malformed("record of another request");
    if (header.type == RecordType::kAbortRequest) return malformed("aborted");
    if (header.type != (phase_ == Phase::kParams ? RecordType::kParams : RecordType::kStdin)) {
      return malformed("unexpected record type");
    }
    if (header.content == 0 && header.padding != 0) return malformed("padding behind an empty record");
    return true;
  }

  bool take(const RecordHeader& header, std::size_t end) {
    switch (phase_) {
      case Phase::kBegin:
        return takeBegin(header, end);
      case Phase::kParams:
        return takeParams(header, end);
      case Phase::kBody:
        return takeBody(header, end);
      case Phase::kDone:
        break;
    }
    return false;
  }

  bool takeBegin(const RecordHeader& header, std::size_t end) {
    if (bytes_.size() < end) return need(end);
    const char* const body = bytes_.data() + kRecordHeaderBytes;
    const unsigned role = byteAt(body, 0) << 8 | byteAt(body, 1);
    result_.request_id = header.request_id;
    result_.keep = (byteAt(body, 2) & kKeepConnectionFlag) != 0;
    if (role != kRoleResponder && role != kRoleAuthorizer) return stop(Framing::kUnknownRole);
    result_.role = role == kRoleResponder ? Role::kResponder : Role::kAuthorizer;
    phase_ = Phase::kParams;
    return true;
  }

  bool takeParams(const RecordHeader& header, std::size_t end) {
    if (header.content == 0) return endParams(end);
    result_.params += header.content;
    if (result_.params > kMaxParamBytes) return stop(Framing::kTooLarge);
    // What is here of an incomplete record is looked at too, so that nonsense is refused at once.
    const std::size_t begin = at_ + kRecordHeaderBytes;
    switch (params_.feed(bytes_.substr(begin, header.content))) {
      case PairWalk::Step::kGoOn:
        break;
      case PairWalk::Step::kTooLong:
        return malformed("parameter longer than any request");
      case PairWalk::Step::kTooMany:
        return stop(Framing::kTooLarge);
    }
    return bytes_.size() >= end || need(end);
  }

  bool endParams(std::size_t end) {
    if (!params_.atBorder()) return malformed("parameters end inside a name or value");
    phase_ = Phase::kBody;
    result_.params_end = at_;
    if (result_.role == Role::kAuthorizer && bytes_.size() == end) return complete(end);
    return true;
  }

  bool takeBody(const RecordHeader& header, std::size_t end) {
    result_.has_stdin = true;
    if (header.content == 0) return complete(end);
    result_.body += header.content;
    return bytes_.size() >= end || need(end);
  }

  bool complete(std::size_t end) {
    result_.verdict = Framing::kComplete;
    result_.length = end;
    phase_ = Phase::kDone;
    return true;
  }
  bool need(std::size_t bytes) {
    if (bytes > kMaxRequestBytes) return stop(Framing::kTooLarge);
    result_.verdict = Framing::kIncomplete;
    result_.length = bytes;
    return false;
  }
  bool malformed(std::string_view reason) {
    result_.reason = reason;
    return stop(Framing::kMalformed);
  }
  bool stop(Framing verdict) {
    result_.verdict = verdict;
    return false;
  }

  const std::string_view bytes_;
  PairWalk params_;
  Phase phase_ = Phase::kBegin;
  std::size_t at_ = 0;  // where the next record begins
  FramingResult result_;
};

}  // namespace

FramingResult checkFraming(std::string_view bytes, ParamPlaces& params) {
  params.clear();
  return RequestWalk(bytes, params).run();
}

void copyParams(std::string_view bytes, const FramingResult& framing, std::string& text) {
  text.clear();
  text.reserve(framing.params);  // growing, it would leave what it holds in freed memory
  for (std::size_t at = kBeginRecordBytes; at < framing.params_end;) {
    const RecordHeader header = readRecordHeader(bytes.data() + at);
    text.append(bytes.substr(at + kRecordHeaderBytes, header.content));
    at += kRecordHeaderBytes + header.content + header.padding;
  }
}

bool beginsWithEmptyStdin(std::string_view bytes, std::uint16_t request_id) {
  if (bytes.size() < kRecordHeaderBytes) return false;
  const RecordHeader header = readRecordHeader(bytes.data());
  return header.version == kFastcgiVersion && header.type == RecordType::kStdin && header.request_id == request_id &&
         header.content == 0 && header.padding == 0;
}

}  // namespace sessiond
