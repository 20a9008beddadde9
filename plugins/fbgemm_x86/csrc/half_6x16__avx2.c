/* float32 times half precision with F16C and FMA. */
#include <qframe/simd.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define FLOATS __m256
#define WIDTH 8

QF_INLINE __m256 load_halves(const uint16_t *from) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from)); }
QF_INLINE __m256 multiply_add(__m256 sum, __m256 value, __m256 weights) { return _mm256_fmadd_ps(value, weights, sum); }
QF_INLINE __m256 broadcast(const float *from) { return _mm256_broadcast_ss(from); }
QF_INLINE void store_floats(float *to, __m256 floats) { _mm256_storeu_ps(to, floats); }
QF_INLINE __m256 zeros(void) { return _mm256_setzero_ps(); }

#include <qframe/native/half_tile.h>

void qf_half_6x16__avx2(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    any_tile(mr, k, x, stride, panel, out);
}

void qf_half_row__avx2(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    any_row(panels, k, x, packed, out);
}

QF_TARGET_END
#endif
