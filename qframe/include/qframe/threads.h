/* A small thread pool: work is claimed task by task, so that a thread which the scheduler has taken
 * away holds nobody up.  Workers start at first use, spin briefly for more work, then sleep.
 *
 * Linux may wake a worker on the very core that the caller occupies and leave it waiting there for milliseconds,
 * though another core is idle: so a worker is woken with that core taken from it, and gets it back at once.
 *
 * One job runs at a time; a second caller finds the pool busy and does all its tasks itself.
 * After fork() the child starts with a fresh pool.  On Windows everything runs in the caller.
 * Tasks write to places of their own, hence results do not depend on the number of threads.
 */
#ifndef QFRAME_THREADS_H
#define QFRAME_THREADS_H

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* for CPU sets: include this header first */
#endif

#include <stdlib.h>

#include "base.h"

typedef void (*qf_task)(void *context, size_t index);

#define QF_MAX_THREADS 256

#ifdef _WIN32

typedef struct qf_pool {
    int threads;
} qf_pool;
#define QF_POOL_INITIALIZER {1}

QF_INLINE void qf_pool_resize(qf_pool *pool, int threads) { (void)pool, (void)threads; }
QF_INLINE int qf_pool_threads(const qf_pool *pool) { return pool->threads; }
QF_INLINE void qf_pool_after_fork(qf_pool *pool) { (void)pool; }
QF_INLINE void qf_pool_run(qf_pool *pool, qf_task task, void *context, size_t count) {
    (void)pool;
    for (size_t i = 0; i < count; i++) task(context, i);
}

#else

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* What a worker says before it sleeps: the last job that it knows, and QF_ALL; QF_AWAKE when it has got up.
 * Meanwhile its waker may take core c from it and leave QF_CORE + c here. */
typedef struct qf_sleeper {
    uint32_t job;
    int core;
} qf_sleeper;
enum { QF_AWAKE = 0, QF_ALL = -1, QF_CORE = 1 };

/* `ticket` holds the job's number (high half) and the next task (low half) in one word, so that a late
 * worker can never take a task of a job that it has not read.  While the job's fields change, the task
 * number is QF_CLOSED. */
typedef struct qf_pool {
    pthread_mutex_t busy, sleep; /* one job at a time; guards `wake` and `sleepers` */
    pthread_cond_t wake;
    _Atomic uint64_t ticket;
    _Atomic(qf_task) task;
    _Atomic(void *) context;
    _Atomic uint32_t count, finished;
    atomic_int helpers; /* only workers with smaller numbers join the present job */
    atomic_int numbers; /* the next worker's number */
    atomic_int asleep, threads;
    int started; /* workers that exist; guarded by `busy` */
    atomic_int thread_ids[QF_MAX_THREADS]; /* of workers that have begun, else 0 */
    qf_sleeper sleepers[QF_MAX_THREADS];
} qf_pool;

#define QF_CLOSED UINT32_MAX
#define QF_POOL_INITIALIZER \
    {.busy = PTHREAD_MUTEX_INITIALIZER, .sleep = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, \
     .ticket = QF_CLOSED, .threads = 1}

/* How often a thread looks for news before it sleeps or yields: some ten microseconds. */
#ifndef QF_SPINS
#define QF_SPINS 2000
#endif

QF_INLINE void qf_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

QF_INLINE void qf_pool_resize(qf_pool *pool, int threads) {
    atomic_store(&pool->threads, threads < 1 ? 1 : threads > QF_MAX_THREADS ? QF_MAX_THREADS : threads);
}

QF_INLINE int qf_pool_threads(qf_pool *pool) { return atomic_load(&pool->threads); }

#if defined(__linux__) && defined(CPU_SET)

/* Let those who sleep and do not know the job wake on any of their cores but the caller's, who holds `sleep`. */
static inline void qf_pool_make_way(qf_pool *pool, uint32_t job, int workers) {
    int here = sched_getcpu();
    for (int i = 0; i < workers && here >= 0; i++) {
        int worker = atomic_load_explicit(&pool->thread_ids[i], memory_order_relaxed);
        qf_sleeper *sleeper = &pool->sleepers[i];
        cpu_set_t cores;
        if (sleeper->core == QF_AWAKE || sleeper->job == job) continue;
        if (sched_getaffinity(worker, sizeof cores, &cores)) continue;
        if (sleeper->core >= QF_CORE) CPU_SET(sleeper->core - QF_CORE, &cores); /* taken by an earlier job */
        if (!CPU_ISSET(here, &cores) || CPU_COUNT(&cores) == 1) continue;
        CPU_CLR(here, &cores);
        if (!sched_setaffinity(worker, sizeof cores, &cores)) sleeper->core = QF_CORE + here;
    }
}

/* In a worker that was woken without this core: take it back. */
static inline void qf_pool_take_back(int core) {
    cpu_set_t cores;
    if (core < QF_CORE || sched_getaffinity(0, sizeof cores, &cores)) return;
    CPU_SET(core - QF_CORE, &cores);
    sched_setaffinity(0, sizeof cores, &cores);
}

static inline int qf_thread_id(void) { return (int)syscall(SYS_gettid); }

#else

static inline void qf_pool_make_way(qf_pool *pool, uint32_t job, int workers) {
    (void)pool, (void)job, (void)workers;
}
static inline void qf_pool_take_back(int core) { (void)core; }
static inline int qf_thread_id(void) { return 0; }

#endif

/* Do tasks of job number `job` until none is left or another job has begun. */
static inline void qf_pool_work(qf_pool *pool, uint32_t job) {
    uint64_t ticket = atomic_load(&pool->ticket);
    uint32_t done = 0;
    while ((uint32_t)(ticket >> 32) == job) {
        qf_task task = atomic_load_explicit(&pool->task, memory_order_relaxed);
        void *context = atomic_load_explicit(&pool->context, memory_order_relaxed);
        uint32_t count = atomic_load_explicit(&pool->count, memory_order_relaxed);
        uint32_t index = (uint32_t)ticket;
        if (index >= count) break; /* also when closed */
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) continue;
        task(context, index);
        done++;
        ticket = atomic_load(&pool->ticket);
    }
    if (done) atomic_fetch_add(&pool->finished, done);
}

/* In a worker: wait for another job than `last`; returns its number. */
static inline uint32_t qf_pool_await(qf_pool *pool, int number, uint32_t last) {
    uint64_t ticket = atomic_load(&pool->ticket);
    for (int spin = 0; spin < QF_SPINS && (uint32_t)(ticket >> 32) == last; spin++) {
        qf_pause();
        ticket = atomic_load(&pool->ticket);
    }
    if ((uint32_t)(ticket >> 32) != last) return (uint32_t)(ticket >> 32);
    pthread_mutex_lock(&pool->sleep);
    atomic_fetch_add(&pool->asleep, 1);
    pool->sleepers[number] = (qf_sleeper){last, QF_ALL};
    while ((uint32_t)((ticket = atomic_load(&pool->ticket)) >> 32) == last)
        pthread_cond_wait(&pool->wake, &pool->sleep);
    int core = pool->sleepers[number].core;
    pool->sleepers[number].core = QF_AWAKE; /* nobody takes a core from it from here on */
    atomic_fetch_sub(&pool->asleep, 1);
    pthread_mutex_unlock(&pool->sleep);
    qf_pool_take_back(core);
    return (uint32_t)(ticket >> 32);
}

static inline void *qf_pool_worker(void *argument) {
    qf_pool *pool = argument;
    int number = atomic_fetch_add(&pool->numbers, 1);
    atomic_store(&pool->thread_ids[number], qf_thread_id());
    for (uint32_t job = 0;;) {
        job = qf_pool_await(pool, number, job);
        if (number < atomic_load(&pool->helpers)) qf_pool_work(pool, job);
    }
    return NULL;
}

static inline void qf_pool_start(qf_pool *pool, int workers) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (pthread_t thread; pool->started < workers; pool->started++)
        if (pthread_create(&thread, &attributes, qf_pool_worker, pool)) break; /* fewer will do */
    pthread_attr_destroy(&attributes);
}

static inline uint32_t qf_pool_post(qf_pool *pool, qf_task task, void *context, uint32_t count, int helpers) {
    uint32_t job = (uint32_t)(atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->ticket, (uint64_t)(job - 1) << 32 | QF_CLOSED);
    atomic_store_explicit(&pool->task, task, memory_order_relaxed);
    atomic_store_explicit(&pool->context, context, memory_order_relaxed);
    atomic_store_explicit(&pool->count, count, memory_order_relaxed);
    atomic_store(&pool->finished, 0);
    atomic_store(&pool->helpers, helpers);
    atomic_store(&pool->ticket, (uint64_t)job << 32);
    if (atomic_load(&pool->asleep)) {
        pthread_mutex_lock(&pool->sleep);
        qf_pool_make_way(pool, job, helpers);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->sleep);
    }
    return job;
}

/* Call task(context, i) once for each i < count and return when all are done. */
static inline void qf_pool_run(qf_pool *pool, qf_task task, void *context, size_t count) {
    int workers = qf_pool_threads(pool) - 1;
    if ((size_t)workers > count - 1) workers = (int)(count - 1);
    if (count <= 1 || workers < 1 || count >= QF_CLOSED || pthread_mutex_trylock(&pool->busy)) {
        for (size_t i = 0; i < count; i++) task(context, i);
        return;
    }
    qf_pool_start(pool, workers);
    qf_pool_work(pool, qf_pool_post(pool, task, context, (uint32_t)count, workers));
    for (int spin = 0; atomic_load(&pool->finished) != count; spin++) {
        if (spin < QF_SPINS) qf_pause();
        else sched_yield();
    }
    pthread_mutex_unlock(&pool->busy);
}

/* In a forked child: no worker has come along.  Register with pthread_atfork. */
static inline void qf_pool_after_fork(qf_pool *pool) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pool->busy = mutex;
    pool->sleep = mutex;
    pool->wake = condition;
    atomic_store(&pool->ticket, QF_CLOSED);
    atomic_store(&pool->asleep, 0);
    atomic_store(&pool->numbers, 0);
    for (int i = 0; i < QF_MAX_THREADS; i++) {
        atomic_store(&pool->thread_ids[i], 0);
        pool->sleepers[i].core = QF_AWAKE;
    }
    pool->started = 0;
}

#endif
#endif
