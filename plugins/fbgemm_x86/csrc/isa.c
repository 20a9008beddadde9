/* Which instruction sets this machine has, and the one in use. */
#include <stdio.h>

#include "kernels.h"
#include "ukernels_table.h"

#if QF_X86 && defined(_MSC_VER)
#include <intrin.h>
#elif QF_X86
#include <cpuid.h>
#endif

enum {
    HAS_AVX2 = 1 << 0, HAS_FMA = 1 << 1, HAS_F16C = 1 << 2, HAS_YMM = 1 << 3, /* the system saves ymm */
    HAS_AVX512F = 1 << 4, HAS_AVX512BW = 1 << 5, HAS_AVX512VL = 1 << 6, HAS_AVX512DQ = 1 << 7,
    HAS_ZMM = 1 << 8, HAS_AVX512VNNI = 1 << 9, HAS_AVXVNNI = 1 << 10,
    HAS_AVX512VBMI = 1 << 11,
    NEEDS_AVX2 = HAS_AVX2 | HAS_FMA | HAS_F16C | HAS_YMM,
    NEEDS_AVX512 = NEEDS_AVX2 | HAS_AVX512F | HAS_AVX512BW | HAS_AVX512VL | HAS_AVX512DQ | HAS_ZMM,
    NEEDS_AVX512VNNI = NEEDS_AVX512 | HAS_AVX512VNNI,
#if defined(QF_AVXVNNI_EVEX)
    NEEDS_AVXVNNI = NEEDS_AVX512VNNI, /* whose encoding this test build uses */
#else
    NEEDS_AVXVNNI = NEEDS_AVX2 | HAS_AVXVNNI,
#endif
};

static const char *const FLAG_NAMES[] = {
    "avx2", "fma", "f16c", "ymm registers enabled by the operating system", "avx512f", "avx512bw", "avx512vl",
    "avx512dq", "zmm registers enabled by the operating system", "avx512_vnni", "avx_vnni",
    "avx512_vbmi"};
#define FLAGS ((int)(sizeof FLAG_NAMES / sizeof *FLAG_NAMES))

typedef struct choice {
    const char *name;
    unsigned needs;
    const qf_kernels *kernels;
} choice;

/* Best last. */
static const choice CHOICES[] = {
    {"portable", 0, &qf_kernels_portable},
#if QF_X86
    {"avx2", NEEDS_AVX2, &qf_kernels_avx2},
    {"avxvnni", NEEDS_AVXVNNI, &qf_kernels_avxvnni},
#endif
#if QF_X86_512
    {"avx512", NEEDS_AVX512, &qf_kernels_avx512},
    {"avx512vnni", NEEDS_AVX512VNNI, &qf_kernels_avx512vnni},
    {"avx512vbmi", NEEDS_AVX512VNNI | HAS_AVX512VBMI, &qf_kernels_avx512vbmi},
#endif
};
#define CHOICE_COUNT (sizeof CHOICES / sizeof *CHOICES)

const qf_kernels *qf_active = &qf_kernels_portable;

#if QF_X86 && defined(QF_SIMDE)

static unsigned cpu_features(void) { return (1u << FLAGS) - 1; } /* emulated */

#elif QF_X86

static void query(unsigned leaf, unsigned sub, unsigned r[4]) {
#ifdef _MSC_VER
    __cpuidex((int *)r, (int)leaf, (int)sub);
#else
    __cpuid_count(leaf, sub, r[0], r[1], r[2], r[3]);
#endif
}

static uint64_t enabled_registers(void) {
#ifdef _MSC_VER
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
#endif
}

static unsigned cpu_features(void) {
    unsigned r[4], found = 0;
    query(0, 0, r);
    unsigned last = r[0];
    query(1, 0, r);
    if (last < 7 || !(r[2] >> 27 & 1)) return 0; /* no leaf 7, or the system does not save registers */
    if (r[2] >> 12 & 1) found |= HAS_FMA;
    if (r[2] >> 29 & 1) found |= HAS_F16C;
    uint64_t saved = enabled_registers();
    if ((saved & 0x06) == 0x06) found |= HAS_YMM;
    if ((saved & 0xE6) == 0xE6) found |= HAS_ZMM;
    query(7, 0, r);
    if (r[1] >> 5 & 1) found |= HAS_AVX2;
    if (r[1] >> 16 & 1) found |= HAS_AVX512F;
    if (r[1] >> 17 & 1) found |= HAS_AVX512DQ;
    if (r[1] >> 30 & 1) found |= HAS_AVX512BW;
    if (r[1] >> 31 & 1) found |= HAS_AVX512VL;
    if (r[2] >> 1 & 1) found |= HAS_AVX512VBMI;
    if (r[2] >> 11 & 1) found |= HAS_AVX512VNNI;
    if (r[0] >= 1) {
        query(7, 1, r);
        if (r[0] >> 4 & 1) found |= HAS_AVXVNNI;
    }
    return found;
}

#else

static unsigned cpu_features(void) { return 0; }

#endif

/* Names of flags, joined; the text stays until the same thread asks again. */
static const char *flag_text(unsigned flags) {
    static _Thread_local char text[256];
    size_t length = 0;
    text[0] = 0;
    for (int i = 0; i < FLAGS; i++)
        if (flags >> i & 1)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "",
                                       FLAG_NAMES[i]);
    return text;
}

static const choice *find_choice(const char *isa) {
    for (size_t i = 0; i < CHOICE_COUNT; i++)
        if (!strcmp(CHOICES[i].name, isa)) return &CHOICES[i];
    return NULL;
}

/* NULL for names that this build does not know. */
const char *qf_missing(const char *isa) {
    const choice *found = find_choice(isa);
    return found ? flag_text(found->needs & ~cpu_features()) : NULL;
}

const char *qf_isa_needs(const char *isa) {
    const choice *found = find_choice(isa);
    return found ? flag_text(found->needs) : NULL;
}

const char *qf_select(const char *isa) {
    const choice *found = find_choice(isa);
    if (!found) return "unknown to this build";
    unsigned missing = found->needs & ~cpu_features();
    if (missing) return flag_text(missing);
    qf_active = found->kernels;
    return NULL;
}

const char *qf_best_isa(void) {
    unsigned have = cpu_features();
    size_t best = 0;
    for (size_t i = 0; i < CHOICE_COUNT; i++)
        if (!(CHOICES[i].needs & ~have)) best = i;
    return CHOICES[best].name;
}

const char *qf_isa(void) { return qf_active->isa; }
const char *qf_cpu_flags(void) { return flag_text(cpu_features()); }

const char *qf_build(void) {
#if !QF_X86
    return "portable";
#elif defined(QF_SIMDE)
    return "emulated";
#else
    return "native";
#endif
}

const qf_ukernel *qf_find_ukernel(qf_gemm_fn run) {
    for (size_t i = 0; i < QF_UKERNEL_COUNT; i++)
        if (QF_UKERNELS[i].run == run) return &QF_UKERNELS[i];
    return NULL;
}

/* The microkernels that can run here, for the tests. */
static const qf_ukernel *runnable(size_t number) {
    for (size_t i = 0; i < QF_UKERNEL_COUNT; i++) {
        const choice *found = find_choice(QF_UKERNELS[i].isa);
        if (!(found->needs & ~cpu_features()) && number-- == 0) return &QF_UKERNELS[i];
    }
    return NULL;
}

const char *qf_ukernel_name(size_t number) {
    const qf_ukernel *kernel = runnable(number);
    return kernel ? kernel->name : NULL;
}

int qf_ukernel_shape(size_t number, size_t *mr, size_t *nr, size_t *kr, size_t *activation_bytes,
                     size_t *exact) {
    const qf_ukernel *kernel = runnable(number);
    *mr = kernel->mr, *nr = kernel->nr, *kr = kernel->kr, *activation_bytes = kernel->activation_bytes;
    *exact = kernel->exact;
    return QF_OK;
}

int qf_ukernel_run(size_t number, size_t mr, size_t runs, size_t length, const char *const *rows,
                   const int64_t *offsets, const int8_t *packed, const int32_t *start, int32_t *out) {
    ptrdiff_t at[16];
    for (size_t run = 0; run < runs; run++) at[run] = (ptrdiff_t)offsets[run];
    qf_activations a = {rows, at, runs, length};
    runnable(number)->run(mr, &a, packed, start, out, NULL);
    return QF_OK;
}
