/* The AVX2 tiling with vpdpbusd in its VEX form: four products a lane, exact. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVXVNNI)

#define PRODUCTS 4

QF_INLINE __m256i weights8(const int8_t *panel) {
    return _mm256_loadu_si256((const __m256i *)panel);
}

QF_INLINE __m256i multiply_add(__m256i sum, __m256i codes, __m256i weights) {
    return QF_DPBUSD256(sum, codes, weights);
}

#include "gemm_6x16.h"

void qf_gemm_u8s8_6x16c4__avxvnni(size_t mr, const qf_activations *a, const int8_t *panel,
                                  const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
