/* AVX-512 without VNNI: activations widened to 16 bits, weights widened as they are loaded, vpmaddwd.
 * No sum of two products (at most 2 * 255 * 128) exceeds 32 bits, hence nothing ever saturates. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

#define PRODUCTS 2

QF_INLINE __m512i weights16(const int8_t *panel) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)panel));
}

QF_INLINE __m512i multiply_add(__m512i sum, __m512i codes, __m512i weights) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(codes, weights));
}

#include "gemm_12x32.h"

void qf_gemm_i16s8_12x32c2__avx512(size_t mr, const qf_activations *a, const int8_t *panel,
                                   const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
