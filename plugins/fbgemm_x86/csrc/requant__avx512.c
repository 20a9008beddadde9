/* Accumulators to codes, AVX-512. */
#include <qframe/requant_x86.h>

#include "kernels.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512)

void qf_requant_rows__avx512(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant,
                             size_t n, uint8_t *out, size_t out_stride) {
    const qf_bounds16 bounds = qf_make_bounds16(requant->bounds);
    for (size_t r = 0; r < rows; r++, acc += acc_stride, out += out_stride) {
        for (size_t i = 0; i < n; i += 16) {
            __m128i codes = qf_requant16_wide(_mm512_loadu_si512(acc + i), requant->bias + i,
                                              requant->multiplier + i, &bounds);
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

QF_TARGET_END
#endif
