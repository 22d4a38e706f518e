/* For LD_PRELOAD: a machine whose clock is off by CLOCK_OFF seconds (what measures intervals is not), that has CORES
 * cores, or that SYSTEMD has started. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(id, time);
  const char *off = getenv("CLOCK_OFF");
  if (result == 0 && id == CLOCK_REALTIME && off) time->tv_sec += atol(off);
  return result;
}

int get_nprocs(void) {
  const char *cores = getenv("CORES");
  return cores ? atoi(cores) : 2;
}

int stat(const char *path, struct stat *status) {
  static int (*real)(const char *, struct stat *);
  if (!real) real = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
  return real(getenv("SYSTEMD") && strcmp(path, "/run/systemd/system") == 0 ? "/" : path, status);
}
