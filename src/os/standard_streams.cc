#include "os/standard_streams.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>

namespace sessiond {

void occupyStandardStreams() {
  int fd = -1;
  do {
    fd = ::open("/dev/null", O_RDONLY);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

int exitCodeOnceWritten(int code, const char* loss) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "%s\n", loss);
  return EX_IOERR;
}

}  // namespace sessiond
