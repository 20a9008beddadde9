/* Jobs come just when the worker falls asleep or wakes up: it must not lose the core that it was not to wake on. */
#define QF_SPINS 20 /* so that it falls asleep after nearly each */
#include <qframe/threads.h>

#include <stdio.h>

enum { JOBS = 400000, PATIENCE = 5000 };

static qf_pool pool = QF_POOL_INITIALIZER;

static void task(void *context, size_t index) { (void)context, (void)index; }

static void wait_a_little(int steps) {
    for (volatile int i = 0; i < steps; i++) {}
}

/* Whether the worker, once it sleeps, has all cores. */
static int has_all(const cpu_set_t *all) {
    cpu_set_t cores;
    for (int i = 0; i < PATIENCE; i++) {
        sched_getaffinity(atomic_load(&pool.thread_ids[0]), sizeof cores, &cores);
        if (CPU_EQUAL(&cores, all)) return 1;
        usleep(1000);
    }
    return 0;
}

int main(void) {
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    qf_pool_resize(&pool, 2);
    for (int job = 1; job <= JOBS; job++) {
        qf_pool_run(&pool, task, NULL, 2);
        wait_a_little(job * 37 % 9000);
        if (job % 100 || has_all(&all)) continue;
        printf("a core is lost after %d jobs\n", job);
        return 1;
    }
    puts("the worker has all cores");
    return 0;
}
