// A temporary folder with a good session_secret in it, as systemd would pass one; gone at the end of the test.

#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.h"

namespace sessiond {

class SecretFolder {
 public:
  SecretFolder() { write("session_secret", std::string(48, 's') + "\n"); }

  const std::string& path() const { return folder_.path(); }

  /// Gives the file's path; nobody but its owner may read it.
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string file = folder_ / name;
    std::ofstream(file, std::ios::binary) << bytes;
    using std::filesystem::perms;
    std::filesystem::permissions(file, perms::owner_read | perms::owner_write);
    return file;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace sessiond
