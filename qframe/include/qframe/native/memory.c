/* The plugin's thread pool, scratch memory of each thread, aligned allocation. */
#include <qframe/threads.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "kernels.h"

static qf_pool pool = QF_POOL_INITIALIZER;

typedef struct scratch {
    void *memory[QF_SLOTS];
    size_t size[QF_SLOTS];
} scratch;

void *qf_allocate(size_t bytes) {
    char *block = calloc(1, bytes + 128);
    if (!block) return NULL;
    char *aligned = block + 128 - (uintptr_t)block % 64; /* leaves room for the block's own address */
    memcpy(aligned - sizeof(void *), &block, sizeof(void *));
    return aligned;
}

void qf_release(void *memory) {
    void *block;
    if (!memory) return;
    memcpy(&block, (char *)memory - sizeof(void *), sizeof(void *));
    free(block);
}

static void release_scratch(void *argument) {
    scratch *own = argument;
    for (int slot = 0; slot < QF_SLOTS; slot++) qf_release(own->memory[slot]);
    free(own);
}

#ifdef _WIN32

static scratch *own_scratch(void) {
    static _Thread_local scratch *own; /* stays until the process ends */
    if (!own) own = calloc(1, sizeof *own);
    (void)release_scratch;
    return own;
}

#else

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fork_child(void) { qf_pool_after_fork(&pool); }

static void set_up(void) {
    pthread_key_create(&key, release_scratch);
    pthread_atfork(NULL, NULL, fork_child);
}

static scratch *own_scratch(void) {
    pthread_once(&once, set_up);
    scratch *own = pthread_getspecific(key);
    if (own) return own;
    own = calloc(1, sizeof *own);
    if (own && pthread_setspecific(key, own)) {
        free(own);
        return NULL;
    }
    return own;
}

#endif

void *qf_scratch(int slot, size_t bytes) {
    scratch *own = own_scratch();
    if (!own) return NULL;
    if (own->size[slot] < bytes) {
        qf_release(own->memory[slot]);
        own->memory[slot] = qf_allocate(bytes + bytes / 4);
        own->size[slot] = own->memory[slot] ? bytes + bytes / 4 : 0;
    }
    return own->memory[slot];
}

/* Every other call takes its tasks from the last to the first: it begins with the memory that the call before has
 * touched last, which is still in the cache. */
typedef struct backward_job {
    qf_task_fn task;
    void *context;
    size_t last;
} backward_job;

static void backward_task(void *context, size_t index) {
    const backward_job *j = context;
    j->task(j->context, j->last - index);
}

void qf_parallel(qf_task_fn task, void *context, size_t count) {
    static atomic_uint calls;
    backward_job backward = {task, context, count - 1};
#ifndef _WIN32
    pthread_once(&once, set_up);
#endif
    if (count > 1 && atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) % 2)
        qf_pool_run(&pool, backward_task, &backward, count);
    else
        qf_pool_run(&pool, task, context, count);
}

void qf_set_threads(int threads) { qf_pool_resize(&pool, threads); }
int qf_get_threads(void) { return qf_pool_threads(&pool); }
