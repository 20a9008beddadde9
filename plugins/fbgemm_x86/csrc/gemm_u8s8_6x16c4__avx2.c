/* vpmaddubsw adds two products in 16 bits: exact only for weights whose neighbouring pairs sum to at most 128
 * in magnitude, which packing proves for each panel.  Others go to qf_gemm_i16s8_6x16c2__avx2. */
#include <qframe/simd.h>

#include "kernels.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE __m256i products(__m256i codes, __m256i weights) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(codes, weights), _mm256_set1_epi16(1));
}

QF_INLINE void step(const size_t mr, const int32_t *quads, const int8_t *panel, __m256i sum[][2]) {
    __m256i left = _mm256_loadu_si256((const __m256i *)panel);
    __m256i right = _mm256_loadu_si256((const __m256i *)(panel + 32));
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        __m256i quad = _mm256_set1_epi32(quads[r]);
        sum[r][0] = _mm256_add_epi32(sum[r][0], products(quad, left));
        sum[r][1] = _mm256_add_epi32(sum[r][1], products(quad, right));
    }
}

#include "gemm_u8s8_6x16c4.h"

void qf_gemm_u8s8_6x16c4__avx2(size_t mr, size_t k, const void *a, size_t a_stride, const int8_t *panel,
                               const int32_t *start, int32_t *out) {
    switch (mr) {
        case 1: tile(1, k, a, a_stride, panel, start, out); break;
        case 2: tile(2, k, a, a_stride, panel, start, out); break;
        case 3: tile(3, k, a, a_stride, panel, start, out); break;
        case 4: tile(4, k, a, a_stride, panel, start, out); break;
        case 5: tile(5, k, a, a_stride, panel, start, out); break;
        default: tile(6, k, a, a_stride, panel, start, out); break;
    }
}

QF_TARGET_END
#endif
