// How the daemon's allocator works. The daemon is linked with jemalloc, and so are the tests that hold sums of memory
// against it: a look-up among a million cached sessions goes to memory that is in no processor's tables unless its
// pages are huge, and what a check asks for while it waits for Redis is handed out again without a lock.
//
// https://jemalloc.net/jemalloc.3.html#tuning says what the options mean. The environment's MALLOC_CONF outdoes them.

/// Read by jemalloc before main(). Two arenas, because each has huge pages of its own that are partly empty.
// NOLINTNEXTLINE(readability-identifier-naming): jemalloc's name
extern "C" const char* const malloc_conf = "thp:always,metadata_thp:always,narenas:2";
