/* Planes of bytes interleaved to pixels: squares of 16 channels and 16 pixels are transposed in registers. */
#include <qframe/portable.h>
#include <qframe/simd.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#include <qframe/native/squares.h>

/* Of three planes, 16 pixels at a time: each third of the result takes bytes of all planes. */
static void interleave3(const uint8_t *x, size_t stride, size_t pixels, uint8_t *out) {
    int8_t order[3][3][16]; /* of a third, of a plane: which pixel goes where, or nothing */
    __m128i masks[3][3];
    for (int i = 0; i < 48; i++)
        for (int plane = 0; plane < 3; plane++)
            order[i / 16][plane][i % 16] = (int8_t)(i % 3 == plane ? i / 3 : -1);
    memcpy(masks, order, sizeof masks);
    size_t p = 0;
    for (; p + 16 <= pixels; p += 16, out += 48) {
        __m128i planes[3];
        QF_UNROLL for (int c = 0; c < 3; c++) planes[c] = _mm_loadu_si128((const __m128i *)(x + (size_t)c * stride + p));
        QF_UNROLL for (int third = 0; third < 3; third++) {
            __m128i bytes = _mm_shuffle_epi8(planes[0], masks[third][0]);
            bytes = _mm_or_si128(bytes, _mm_shuffle_epi8(planes[1], masks[third][1]));
            bytes = _mm_or_si128(bytes, _mm_shuffle_epi8(planes[2], masks[third][2]));
            _mm_storeu_si128((__m128i *)(out + 16 * third), bytes);
        }
    }
    qf_interleave_loop(x + p, 3, stride, pixels - p, out);
}

void qf_interleave__avx2(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out) {
    if (channels == 3) interleave3(x, stride, pixels, out);
    else if (channels < 16) qf_interleave_loop(x, channels, stride, pixels, out);
    else interleave_squares(x, channels, stride, pixels, out);
}

QF_TARGET_END
#endif
