/* AVX2 kernels of elementwise.h, which AVX-512 shares in part. */
#ifndef QF_ELEMENTWISE_AVX2_H
#define QF_ELEMENTWISE_AVX2_H

#include <qframe/requant_x86.h>
#include <qframe/native/elementwise_loops.h>

#include "avx2.h"

enum { QF_SHORT_ROW = 512 }; /* bytes: shorter ones are left where they lie, since one more step would cost more */

/* How far a first step of 32 bytes may go so that all later ones write to multiples of 32; the second step
 * writes some bytes again, the same. */
QF_INLINE size_t qf_to_line(const uint8_t *out, size_t count) {
    return count < QF_SHORT_ROW ? 32 : 32 - ((uintptr_t)out & 31);
}

/* The same for cache lines of 64 bytes. */
QF_INLINE size_t qf_to_wide_line(const uint8_t *out, size_t count) {
    return count < QF_SHORT_ROW ? 64 : 64 - ((uintptr_t)out & 63);
}

/* Whether a clamp is narrower than what packing does anyway. */
QF_INLINE int qf_clamps(const qf_binary *p) { return p->low != 0 || p->high != 255; }

void qf_add__avx2(const uint8_t *, const uint8_t *, size_t, const qf_binary *, uint8_t *);
void qf_mul__avx2(const uint8_t *, const uint8_t *, size_t, const qf_binary *, uint8_t *);
void qf_clamp__avx2(const uint8_t *, size_t, uint8_t, uint8_t, uint8_t, uint8_t *);
void qf_batch_norm__avx2(const uint8_t *, size_t, const double *, const double *, qf_bounds, int32_t, uint8_t,
                         uint8_t *);
void qf_min_max_columns__avx2(const float *, size_t, size_t, size_t, float *, float *, int32_t *);
void qf_find_bins__avx2(const float *, size_t, float, float, float, int32_t, int32_t *);
void qf_requantize__avx2(const uint8_t *, size_t, const qf_change *, uint8_t *);
void qf_requantize_to8__avx2(const int32_t *, size_t, const qf_change *, uint8_t *);
void qf_requantize_to32__avx2(const int32_t *, size_t, const qf_change *, int32_t *);
void qf_lookup__avx2(const uint8_t *, size_t, size_t, const uint8_t *, uint8_t *, size_t);
void qf_lookup__avx512(const uint8_t *, size_t, size_t, const uint8_t *, uint8_t *, size_t);
void qf_lookup__avx512vbmi(const uint8_t *, size_t, size_t, const uint8_t *, uint8_t *, size_t);

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

/* How many bytes to write first, with a mask, for the others to begin with a line. */
QF_INLINE size_t qf_first_bytes(const void *out, size_t count) {
    return count < QF_SHORT_ROW ? 0 : qf_to_cache_line(out);
}

/* As many as there are of 64 bytes; count <= 64. */
QF_INLINE __mmask64 qf_first64(size_t count) { return count ? UINT64_MAX >> (64 - count) : 0; }
QF_INLINE __m512i qf_load64(const uint8_t *x, size_t count) { return _mm512_maskz_loadu_epi8(qf_first64(count), x); }
QF_INLINE void qf_store64(uint8_t *out, size_t count, __m512i bytes) {
    _mm512_mask_storeu_epi8(out, qf_first64(count), bytes);
}

QF_TARGET_END
#endif

#endif
