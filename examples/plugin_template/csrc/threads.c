#include "threads.h"

#include "api.h"

qf_pool mynpu_pool = QF_POOL_INITIALIZER;

#ifdef _WIN32

void mynpu_set_threads(int threads) { qf_pool_resize(&mynpu_pool, threads); }

#else

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void after_fork(void) { qf_pool_after_fork(&mynpu_pool); }

static void set_up(void) { pthread_atfork(NULL, NULL, after_fork); }

void mynpu_set_threads(int threads) {
    pthread_once(&once, set_up); /* a forked child has none of its parent's threads */
    qf_pool_resize(&mynpu_pool, threads);
}

#endif
