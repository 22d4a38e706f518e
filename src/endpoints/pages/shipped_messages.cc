#include "endpoints/pages/shipped_messages.h"

#include <array>

// The assembler puts the file's bytes into the program, as C++ cannot before #embed. Paths are as make sees them, from
// the project's folder.
#define SESSIOND_MESSAGES(symbol, file)                                                                       \
  asm(".pushsection .rodata\n" #symbol "_begin:\n.incbin \"src/endpoints/pages/messages/" file "\"\n" #symbol \
      "_end:\n.popsection\n");                                                                                \
  extern "C" const char symbol##_begin[] __attribute__((visibility("hidden")));                               \
  extern "C" const char symbol##_end[] __attribute__((visibility("hidden")))

SESSIOND_MESSAGES(sessiond_messages_en, "en.yaml");
SESSIOND_MESSAGES(sessiond_messages_de, "de.yaml");
SESSIOND_MESSAGES(sessiond_messages_es, "es.yaml");
SESSIOND_MESSAGES(sessiond_messages_fr, "fr.yaml");
SESSIOND_MESSAGES(sessiond_messages_he, "he.yaml");
SESSIOND_MESSAGES(sessiond_messages_pl, "pl.yaml");
SESSIOND_MESSAGES(sessiond_messages_pt, "pt-BR.yaml");

namespace sessiond {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::span<const ShippedMessages> shippedMessages() {
  static const std::array<ShippedMessages, 7> kAll = {{
      {"en", between(sessiond_messages_en_begin, sessiond_messages_en_end)},
      {"de", between(sessiond_messages_de_begin, sessiond_messages_de_end)},
      {"es", between(sessiond_messages_es_begin, sessiond_messages_es_end)},
      {"fr", between(sessiond_messages_fr_begin, sessiond_messages_fr_end)},
      {"he", between(sessiond_messages_he_begin, sessiond_messages_he_end)},
      {"pl", between(sessiond_messages_pl_begin, sessiond_messages_pl_end)},
      {"pt-BR", between(sessiond_messages_pt_begin, sessiond_messages_pt_end)},
  }};
  return kAll;
}

}  // namespace sessiond
