/* AVX-512 without VNNI: the AVX2 kernel in twice the width, with a taller tile for its 32 registers. */
#include <qframe/simd.h>

#include "kernels.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512)

QF_INLINE void tile(const size_t mr, size_t k, const char *a, size_t a_stride, const int8_t *panel,
                    const int32_t *start, int32_t *out) {
    __m512i sum[12][2];
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        sum[r][0] = _mm512_loadu_si512(start);
        sum[r][1] = _mm512_loadu_si512(start + 16);
    }
    for (size_t i = 0; i < k; i += 2, a += 4, panel += 64) {
        __m512i left = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)panel));
        __m512i right = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(panel + 32)));
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m512i pair = _mm512_set1_epi32(qf_load_i32(a + r * a_stride));
            sum[r][0] = _mm512_add_epi32(sum[r][0], _mm512_madd_epi16(pair, left));
            sum[r][1] = _mm512_add_epi32(sum[r][1], _mm512_madd_epi16(pair, right));
        }
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        _mm512_storeu_si512(out + 32 * r, sum[r][0]);
        _mm512_storeu_si512(out + 32 * r + 16, sum[r][1]);
    }
}

void qf_gemm_i16s8_12x32c2__avx512(size_t mr, size_t k, const void *a, size_t a_stride, const int8_t *panel,
                                   const int32_t *start, int32_t *out) {
    switch (mr) {
#define QF_CASE(rows) \
    case rows: tile(rows, k, a, a_stride, panel, start, out); break;
        QF_CASE(1) QF_CASE(2) QF_CASE(3) QF_CASE(4) QF_CASE(5) QF_CASE(6)
        QF_CASE(7) QF_CASE(8) QF_CASE(9) QF_CASE(10) QF_CASE(11)
#undef QF_CASE
        default: tile(12, k, a, a_stride, panel, start, out); break;
    }
}

QF_TARGET_END
#endif
