// Runs a fuzz target over files instead of random bytes: every file of the corpus is an input that must not crash,
// trip a sanitizer or break a SESSIOND_CHECK. Linked with each tests/fuzz/<name>_fuzz.cc; for real fuzzing libFuzzer
// takes its place (make help).
//
//   fuzz_cookie_header tests/fuzz/corpus/cookie_header [more files or folders]
//
// Exit: 0 with the count of inputs, 1 when there is none or one cannot be read.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputsOf(const std::filesystem::path& place) {
  if (!std::filesystem::is_directory(place)) return {place};
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(place)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

bool replay(const std::filesystem::path& input) {
  std::ifstream stream(input, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream) {
    std::fprintf(stderr, "%s: cannot be read\n", input.c_str());
    return false;
  }
  // Named before it runs, so that a crash tells its input; in memory of its exact size, so that the address
  // sanitizer sees one byte too far.
  std::printf("%s\n", input.c_str());
  std::fflush(stdout);
  const auto exact = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& input : inputsOf(argv[i])) {
      if (!replay(input)) return EXIT_FAILURE;
      ++count;
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
