/* Intrinsics, and target regions in which the compiler may use them.
 *
 * -DQF_SIMDE emulates the intrinsics of AVX2 and AVX-VNNI in plain C (SIMDe), so that their kernels can be tested
 * on a CPU without them; -DQF_AVXVNNI_EVEX encodes AVX-VNNI's instructions as AVX-512 VNNI does,
 * so that CPUs with the latter can run kernels for the former.  Both are for test builds only.
 */
#ifndef QFRAME_SIMD_H
#define QFRAME_SIMD_H

#include "base.h"

#if QF_X86 && defined(QF_SIMDE)
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#elif QF_X86
#include <immintrin.h>
#endif

/* A target region lets the functions inside use instructions that the rest of the file must not:
 *     QF_TARGET_BEGIN(QF_AVX2)
 *     void kernel__avx2(...) { ... }
 *     QF_TARGET_END
 */
#define QF_AVX2 "avx2,fma,f16c"
#define QF_AVX512 "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq"
#define QF_AVX512VNNI QF_AVX512 ",avx512vnni"
#define QF_AVX512VBMI QF_AVX512VNNI ",avx512vbmi"
#if defined(QF_AVXVNNI_EVEX)
#define QF_AVXVNNI "avx2,fma,f16c,avx512f,avx512vl,avx512vnni"
#else
#define QF_AVXVNNI "avx2,fma,f16c,avxvnni"
#endif
#if defined(QF_SIMDE) || defined(QF_AVXVNNI_EVEX)
#define QF_DPBUSD256 _mm256_dpbusd_epi32
#else
#define QF_DPBUSD256 _mm256_dpbusd_avx_epi32
#endif
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
