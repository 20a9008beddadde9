/* Without VNNI: activations widened to 16 bits, weights widened as they are loaded, vpmaddwd.
 * No sum of two products (at most 2 * 255 * 128) exceeds 32 bits, hence nothing ever saturates. */
#include <qframe/simd.h>

#include "kernels.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE void tile(const size_t mr, size_t k, const char *a, size_t a_stride, const int8_t *panel,
                    const int32_t *start, int32_t *out) {
    __m256i sum[6][2];
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        sum[r][0] = _mm256_loadu_si256((const __m256i *)start);
        sum[r][1] = _mm256_loadu_si256((const __m256i *)(start + 8));
    }
    QF_UNROLL_BY(4) for (size_t i = 0; i < k; i += 2, a += 4, panel += 32) {
        __m256i left = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)panel));
        __m256i right = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(panel + 16)));
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m256i pair = _mm256_set1_epi32(qf_load_i32(a + r * a_stride));
            sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(pair, left));
            sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(pair, right));
        }
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        _mm256_storeu_si256((__m256i *)(out + 16 * r), sum[r][0]);
        _mm256_storeu_si256((__m256i *)(out + 16 * r + 8), sum[r][1]);
    }
}

void qf_gemm_i16s8_6x16c2__avx2(size_t mr, size_t k, const void *a, size_t a_stride, const int8_t *panel,
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
