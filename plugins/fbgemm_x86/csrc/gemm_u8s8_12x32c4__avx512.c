/* vpmaddubsw adds two products in 16 bits: for panels and activations where that is proved exact (pack.h).
 * Others go to qf_gemm_i16s8_12x32c2__avx512. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

#define PRODUCTS 4

QF_INLINE __m512i weights16(const int8_t *panel) {
    return _mm512_loadu_si512(panel);
}

QF_INLINE __m512i multiply_add(__m512i sum, __m512i codes, __m512i weights) {
    __m512i pairs = _mm512_maddubs_epi16(codes, weights);
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

#include "gemm_12x32.h"

void qf_gemm_u8s8_12x32c4__avx512(size_t mr, const qf_activations *a, const int8_t *panel,
                                  const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
