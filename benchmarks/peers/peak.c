/* How many products of bytes the CPU can sum up per second: loops of independent instructions, no memory.
 *
 * A step is what a kernel needs for one register of products: vpdpbusd, or without VNNI vpmaddubsw, vpmaddwd
 * and vpaddd.  Twelve sums hide the instructions' latency.  The assembler is volatile, so that no compiler
 * drops or merges what nobody reads.
 */
#define _GNU_SOURCE /* for CPU sets */
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { SUMS = 12, MAX_THREADS = 64 };

#define DOT(sum) __asm__ volatile("vpdpbusd %1, %1, %0" : "+v"(sum) : "v"(bytes))
#define DOT_VEX(sum) __asm__ volatile("%{vex%} vpdpbusd %1, %1, %0" : "+x"(sum) : "x"(bytes))
#define WIDEN(sum)                                               \
    __asm__ volatile("vpmaddubsw %2, %2, %1\n\tvpmaddwd %3, %1, %1\n\tvpaddd %1, %0, %0" \
                     : "+v"(sum), "=&v"(pair)                    \
                     : "v"(bytes), "v"(ones))

#define LOOP(name, features, vector, set1_8, set1_16, STEP)                                  \
    __attribute__((target(features))) static void name(long steps) {                         \
        vector bytes = set1_8(3), ones = set1_16(1), pair = ones;                            \
        vector a = ones, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a; \
        for (long step = 0; step < steps; step += SUMS) {                                    \
            STEP(a); STEP(b); STEP(c); STEP(d); STEP(e); STEP(f);                            \
            STEP(g); STEP(h); STEP(i); STEP(j); STEP(k); STEP(l);                            \
        }                                                                                    \
        (void)pair;                                                                          \
    }

LOOP(run_avx2, "avx2", __m256i, _mm256_set1_epi8, _mm256_set1_epi16, WIDEN)
LOOP(run_avxvnni, "avx2", __m256i, _mm256_set1_epi8, _mm256_set1_epi16, DOT_VEX)
LOOP(run_avx512, "avx512f,avx512bw", __m512i, _mm512_set1_epi8, _mm512_set1_epi16, WIDEN)
LOOP(run_avx512vnni, "avx512f,avx512bw,avx512vnni", __m512i, _mm512_set1_epi8, _mm512_set1_epi16, DOT)

/* The best one comes first. */
static const struct loop {
    const char *isa;
    void (*run)(long steps);
    int products; /* in one step */
} LOOPS[] = {
    {"avx512vnni", run_avx512vnni, 64},
    {"avxvnni", run_avxvnni, 32},
    {"avx512", run_avx512, 64},
    {"avx2", run_avx2, 32},
};
enum { COUNT = sizeof LOOPS / sizeof *LOOPS };

static int can_run(const char *isa) {
    __builtin_cpu_init();
    if (!strcmp(isa, "avx512vnni"))
        return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw");
    if (!strcmp(isa, "avx512"))
        return __builtin_cpu_supports("avx512bw");
    if (!strcmp(isa, "avxvnni"))
        return __builtin_cpu_supports("avxvnni");
    return __builtin_cpu_supports("avx2");
}

/* The best instruction set of this CPU; "none" where there is no loop for it. */
const char *qf_peak_isa(void) {
    for (int i = 0; i < COUNT; i++)
        if (can_run(LOOPS[i].isa))
            return LOOPS[i].isa;
    return "none";
}

struct task {
    const struct loop *loop;
    long steps;
};

static void *work(void *argument) {
    struct task *task = argument;
    task->loop->run(task->steps);
    return 0;
}

/* Keeps a thread on the n-th of the cores that are not this thread's, since Linux may start it beside this one. */
static void place(pthread_attr_t *attributes, int n) {
    cpu_set_t cores, one;
    int here = sched_getcpu();
    sched_getaffinity(0, sizeof cores, &cores);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (core == here || !CPU_ISSET(core, &cores) || n--)
            continue;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        pthread_attr_setaffinity_np(attributes, sizeof one, &one);
        return;
    }
}

static void run_threads(struct task *task, int threads) {
    pthread_t started[MAX_THREADS];
    int running = 0;
    for (; running < threads - 1; running++) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        place(&attributes, running);
        int failed = pthread_create(&started[running], &attributes, work, task);
        pthread_attr_destroy(&attributes);
        if (failed)
            break;
    }
    for (int i = running; i < threads; i++) /* this thread's share, and that of any that did not start */
        work(task);
    while (running--)
        pthread_join(started[running], 0);
}

/* Sums up at least so many products, evenly on the threads; returns 1 where the CPU cannot. */
int qf_peak(const char *isa, int threads, long products) {
    if (threads < 1 || threads > MAX_THREADS)
        return 1;
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(isa, LOOPS[i].isa) || !can_run(isa))
            continue;
        struct task task = {&LOOPS[i], products / threads / LOOPS[i].products + 1};
        run_threads(&task, threads);
        return 0;
    }
    return 1;
}
