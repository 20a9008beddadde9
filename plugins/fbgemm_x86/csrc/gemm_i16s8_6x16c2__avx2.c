/* Without VNNI: activations widened to 16 bits, weights widened as they are loaded, vpmaddwd.
 * No sum of two products (at most 2 * 255 * 128) exceeds 32 bits, hence nothing ever saturates. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define PRODUCTS 2

QF_INLINE __m256i weights8(const int8_t *panel) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)panel));
}

QF_INLINE __m256i multiply_add(__m256i sum, __m256i codes, __m256i weights) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(codes, weights));
}

#include "gemm_6x16.h"

void qf_gemm_i16s8_6x16c2__avx2(size_t mr, const qf_activations *a, const int8_t *panel,
                                const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
