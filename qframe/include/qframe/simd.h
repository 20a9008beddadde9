/* Intrinsics, and target regions in which the compiler may use them.
 *
 * -DQF_SIMDE emulates the x86 intrinsics in plain C (SIMDe), so that kernels for instruction sets
 * which a CPU lacks can be tested there; for test builds only.
 */
#ifndef QFRAME_SIMD_H
#define QFRAME_SIMD_H

#include "base.h"

#if QF_X86 && defined(QF_SIMDE)
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#include "simde.h"
#elif QF_X86
#include <immintrin.h>
#endif

/* A target region lets the functions inside use instructions that the rest of the file must not:
 *     QF_TARGET_BEGIN(QF_AVX2)
 *     void kernel__avx2(...) { ... }
 *     QF_TARGET_END
 */
#define QF_AVX2 "avx2,fma,f16c"
#define QF_AVXVNNI "avx2,fma,f16c,avxvnni"
#define QF_AVX512 "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq"
#define QF_AVX512VNNI QF_AVX512 ",avx512vnni"
#if defined(QF_SIMDE) || defined(_MSC_VER)
#define QF_TARGET_BEGIN(isa)
#define QF_TARGET_END
#elif defined(__clang__)
#define QF_TARGET_BEGIN(isa) \
    QF_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define QF_TARGET_END QF_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define QF_TARGET_BEGIN(isa) QF_PRAGMA(GCC push_options) QF_PRAGMA(GCC target(isa))
#define QF_TARGET_END QF_PRAGMA(GCC pop_options)
#endif

#endif
