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
#elif QF_ARM64
#include <arm_neon.h>
#endif

/* Memory behind `pointer` is read when `vector` has been computed: compilers would load all that a long step needs
 * at its beginning, and run out of registers. */
#if QF_ARM64 && defined(__GNUC__)
#define QF_AFTER(pointer, vector) __asm__("" : "+r"(pointer) : "w"(vector))
#else
#define QF_AFTER(pointer, vector) (void)(pointer)
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
/* On ARM NEON needs no region. */
#if defined(__clang__)
#define QF_DOTPROD "dotprod"
#define QF_I8MM "dotprod,i8mm"
#else
#define QF_DOTPROD "arch=armv8.2-a+dotprod"
#define QF_I8MM "arch=armv8.2-a+dotprod+i8mm"
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

/* 16 bytes, where x86 (AVX2) and ARM have the same operations. */
#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)
typedef __m128i qf_bytes;
QF_INLINE qf_bytes qf_load_bytes(const uint8_t *from) { return _mm_loadu_si128((const __m128i *)from); }
QF_INLINE void qf_store_bytes(uint8_t *to, qf_bytes bytes) { _mm_storeu_si128((__m128i *)to, bytes); }
QF_INLINE qf_bytes qf_or_bytes(qf_bytes a, qf_bytes b) { return _mm_or_si128(a, b); }
/* The bytes at these places, or 0 for places with their highest bit set. */
QF_INLINE qf_bytes qf_shuffle_bytes(qf_bytes from, qf_bytes places) { return _mm_shuffle_epi8(from, places); }
QF_INLINE qf_bytes qf_zip_low(qf_bytes a, qf_bytes b) { return _mm_unpacklo_epi8(a, b); }
QF_INLINE qf_bytes qf_zip_high(qf_bytes a, qf_bytes b) { return _mm_unpackhi_epi8(a, b); }
QF_TARGET_END
#elif QF_ARM64
typedef uint8x16_t qf_bytes;
QF_INLINE qf_bytes qf_load_bytes(const uint8_t *from) { return vld1q_u8(from); }
QF_INLINE void qf_store_bytes(uint8_t *to, qf_bytes bytes) { vst1q_u8(to, bytes); }
QF_INLINE qf_bytes qf_or_bytes(qf_bytes a, qf_bytes b) { return vorrq_u8(a, b); }
QF_INLINE qf_bytes qf_shuffle_bytes(qf_bytes from, qf_bytes places) { return vqtbl1q_u8(from, places); }
QF_INLINE qf_bytes qf_zip_low(qf_bytes a, qf_bytes b) { return vzip1q_u8(a, b); }
QF_INLINE qf_bytes qf_zip_high(qf_bytes a, qf_bytes b) { return vzip2q_u8(a, b); }
#endif

#endif
