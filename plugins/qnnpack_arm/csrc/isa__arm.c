/* The ARM instruction sets, and asking the operating system for them. */
#include <qframe/native/isa.h>

#include "arm.h"

#if QF_ARM64 && defined(__linux__)
#include <sys/auxv.h>
#elif QF_ARM64 && defined(__APPLE__)
#include <sys/sysctl.h>
#elif QF_ARM64 && defined(_WIN32)
#include <windows.h>
#endif

/* NEON is part of every 64-bit ARM CPU that operating systems run on.  The other two are asked for one by one: there
 * are CPUs with SVE and without dot products. */
enum {
    HAS_NEON = 1 << 0, HAS_DOTPROD = 1 << 1, HAS_I8MM = 1 << 2,
    NEEDS_DOTPROD = HAS_NEON | HAS_DOTPROD,
    NEEDS_I8MM = NEEDS_DOTPROD | HAS_I8MM,
};

const char *const qf_feature_names[] = {"neon", "dotprod", "i8mm", NULL};

const qf_instruction_set qf_instruction_sets[] = {
    QF_PORTABLE_SET,
    {"neon", "NEON", HAS_NEON, QF_BUILT(QF_ARM64, qf_kernels_neon)},
    {"dotprod", "NEON with dot products", NEEDS_DOTPROD, QF_BUILT(QF_ARM64_DOT, qf_kernels_dotprod)},
    {"i8mm", "NEON with int8 matrix products", NEEDS_I8MM, QF_BUILT(QF_ARM64_DOT, qf_kernels_i8mm)},
};
const size_t qf_instruction_set_count = sizeof qf_instruction_sets / sizeof *qf_instruction_sets;

#if !QF_ARM64

unsigned qf_cpu_features(void) { return 0; }

#elif defined(__linux__)

enum { ASIMDDP = 1 << 20, I8MM = 1 << 13 }; /* bits of AT_HWCAP and of AT_HWCAP2 */

unsigned qf_cpu_features(void) {
    unsigned found = HAS_NEON;
    if (getauxval(AT_HWCAP) & ASIMDDP) found |= HAS_DOTPROD;
    if (getauxval(AT_HWCAP2) & I8MM) found |= HAS_I8MM;
    return found;
}

#elif defined(__APPLE__)

static int says_yes(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return !sysctlbyname(name, &value, &size, NULL, 0) && value;
}

unsigned qf_cpu_features(void) {
    unsigned found = HAS_NEON;
    if (says_yes("hw.optional.arm.FEAT_DotProd")) found |= HAS_DOTPROD;
    if (says_yes("hw.optional.arm.FEAT_I8MM")) found |= HAS_I8MM;
    return found;
}

#elif defined(_WIN32)

unsigned qf_cpu_features(void) {
    unsigned found = HAS_NEON;
#ifdef PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
    if (IsProcessorFeaturePresent(PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE)) found |= HAS_DOTPROD;
#endif
#ifdef PF_ARM_V82_I8MM_INSTRUCTIONS_AVAILABLE /* Windows SDKs from 2024 on */
    if (IsProcessorFeaturePresent(PF_ARM_V82_I8MM_INSTRUCTIONS_AVAILABLE)) found |= HAS_I8MM;
#endif
    return found;
}

#else

unsigned qf_cpu_features(void) { return HAS_NEON; }

#endif
