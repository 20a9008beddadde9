/* The x86 instruction sets, and asking the CPU and the operating system for them. */
#include <qframe/native/isa.h>

#include "x86.h"

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

const char *const qf_feature_names[] = {
    "avx2", "fma", "f16c", "ymm registers enabled by the operating system", "avx512f", "avx512bw", "avx512vl",
    "avx512dq", "zmm registers enabled by the operating system", "avx512_vnni", "avx_vnni",
    "avx512_vbmi", NULL};

const qf_instruction_set qf_instruction_sets[] = {
    QF_PORTABLE_SET,
    {"avx2", "AVX2", NEEDS_AVX2, QF_BUILT(QF_X86, qf_kernels_avx2)},
    {"avxvnni", "AVX-VNNI", NEEDS_AVXVNNI, QF_BUILT(QF_X86, qf_kernels_avxvnni)},
    {"avx512", "AVX-512", NEEDS_AVX512, QF_BUILT(QF_X86_512, qf_kernels_avx512)},
    {"avx512vnni", "AVX-512 VNNI", NEEDS_AVX512VNNI, QF_BUILT(QF_X86_512, qf_kernels_avx512vnni)},
    {"avx512vbmi", "AVX-512 VNNI and VBMI", NEEDS_AVX512VNNI | HAS_AVX512VBMI,
     QF_BUILT(QF_X86_512, qf_kernels_avx512vbmi)},
};
const size_t qf_instruction_set_count = sizeof qf_instruction_sets / sizeof *qf_instruction_sets;

#if QF_X86 && defined(QF_SIMDE)

unsigned qf_cpu_features(void) { return ~0u; } /* emulated */

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

unsigned qf_cpu_features(void) {
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

unsigned qf_cpu_features(void) { return 0; }

#endif
