/* Accumulators to codes and to floats, AVX2. */
#include <qframe/portable.h>
#include <qframe/requant_x86.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

void qf_requant_rows__avx2(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant,
                           size_t n, uint8_t *out, size_t out_stride) {
    const qf_bounds8 bounds = qf_make_bounds8(requant->bounds);
    for (size_t r = 0; r < rows; r++, acc += acc_stride, out += out_stride) {
        for (size_t i = 0; i < n; i += 16) {
            __m128i codes = qf_requant16(_mm256_loadu_si256((const __m256i *)(acc + i)),
                                         _mm256_loadu_si256((const __m256i *)(acc + i + 8)),
                                         requant->bias + i, requant->multiplier + i, &bounds);
            if (QF_LIKELY(n - i >= 16)) {
                _mm_storeu_si128((__m128i *)(out + i), codes);
            } else {
                uint8_t last[16];
                _mm_storeu_si128((__m128i *)last, codes);
                memcpy(out + i, last, n - i);
            }
        }
    }
}

void qf_rescale__avx2(const int32_t *acc, size_t count, const float *scale, const float *bias, int relu,
                      float *out) {
    qf_rescale_loop(acc, count, scale, bias, relu, out);
}

QF_TARGET_END
#endif
