/* For LD_PRELOAD: a machine whose clock is off by CLOCK_OFF seconds (what measures intervals is not), or that has CORES
 * cores. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
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
