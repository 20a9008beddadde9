/* Foundations of qframe's C kernels: compilers, unaligned loads, small arithmetic.
 *
 * Compile with -ffp-contract=off: the rounding rules of requant.h forbid fused multiply-adds.
 *
 * -DQF_PORTABLE_ONLY leaves out all kernels for particular instruction sets.
 */
#ifndef QFRAME_BASE_H
#define QFRAME_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define QF_INLINE static inline __attribute__((always_inline, unused))
#define QF_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define QF_PRAGMA(text) _Pragma(#text)
#if defined(QF_SIMDE) /* emulated intrinsics are long: unrolled, they would take minutes to compile */
#define QF_UNROLL
#define QF_UNROLL_BY(times)
#elif defined(__clang__)
#define QF_UNROLL QF_PRAGMA(clang loop unroll(full)) /* for loops of known length */
#define QF_UNROLL_BY(times) QF_PRAGMA(clang loop unroll_count(times))
#else
#define QF_UNROLL QF_PRAGMA(GCC unroll 16)
#define QF_UNROLL_BY(times) QF_PRAGMA(GCC unroll times)
#endif
#elif defined(_MSC_VER)
#define QF_INLINE static __forceinline
#define QF_LIKELY(condition) (condition)
#define QF_UNROLL
#define QF_UNROLL_BY(times)
#else
#define QF_INLINE static inline
#define QF_LIKELY(condition) (condition)
#define QF_UNROLL
#define QF_UNROLL_BY(times)
#endif

/* Inside a loop: addresses behind `pointer` are computed where they are used, not beforehand and then kept in
 * memory, as compilers do with many of them. */
#if defined(__GNUC__)
#define QF_OPAQUE(pointer) __asm__("" : "+r"(pointer))
#else
#define QF_OPAQUE(pointer) (void)(pointer)
#endif

#if (defined(__x86_64__) || defined(_M_X64)) && !defined(QF_PORTABLE_ONLY)
#define QF_X86 1
#else
#define QF_X86 0
#endif

/* 64-bit ARM, little-endian. */
#if (defined(__AARCH64EL__) || defined(_M_ARM64)) && !defined(QF_PORTABLE_ONLY)
#define QF_ARM64 1
#else
#define QF_ARM64 0
#endif

/* Compilers that have the intrinsics of dot products and matrix products in target regions. */
#if !QF_ARM64 || !defined(__GNUC__)
#define QF_ARM64_DOT 0
#elif defined(__clang__) ? __clang_major__ < 16 : __GNUC__ < 10
#define QF_ARM64_DOT 0
#else
#define QF_ARM64_DOT 1
#endif

/* SIMDe, which can emulate instruction sets (simd.h), lacks much of AVX-512. */
#if QF_X86 && !defined(QF_SIMDE)
#define QF_X86_512 1
#else
#define QF_X86_512 0
#endif

/* Memory is read through these, since packed data has no alignment or effective type to rely on. */
QF_INLINE int32_t qf_load_i32(const void *p) {
    int32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* The first `count` (< 4) bytes at p as the low bytes of a word; nothing behind them is read. */
QF_INLINE int32_t qf_load_tail(const void *p, size_t count) {
    int32_t value = 0;
    memcpy(&value, p, count);
    return value;
}

QF_INLINE size_t qf_min(size_t a, size_t b) { return a < b ? a : b; }
/* How many bytes lie before the next cache line. */
QF_INLINE size_t qf_to_cache_line(const void *at) { return (64 - (uintptr_t)at % 64) % 64; }
QF_INLINE size_t qf_max(size_t a, size_t b) { return a > b ? a : b; }
QF_INLINE size_t qf_ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
QF_INLINE size_t qf_round_up(size_t a, size_t b) { return qf_ceil_div(a, b) * b; }

/* Where a step of `width` of `count` elements begins; the last one ends with the last element, and there are enough
 * for one. */
#define QF_FOR_STEPS(at, width, count) \
    for (size_t next_ = 0, at; at = qf_min(next_, (count) - (width)), next_ < (count); next_ += (width))

#endif
