/* Planes interleaved to pixels, NEON: stores interleave 2, 3 or 4 planes by themselves. */
#include "arm.h"

#if QF_ARM64

#include <qframe/native/squares.h>

#define INTERLEAVE(n, planes_of)                                                                            \
    for (; p + 16 <= pixels; p += 16) {                                                                      \
        uint8x16x##n##_t planes;                                                                             \
        QF_UNROLL for (size_t c = 0; c < n; c++) planes.val[c] = vld1q_u8(x + c * stride + p);               \
        planes_of(out + n * p, planes);                                                                      \
    }

void qf_interleave__neon(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out) {
    size_t p = 0;
    if (channels >= 16) {
        interleave_squares(x, channels, stride, pixels, out);
        return;
    }
    if (channels == 2) { INTERLEAVE(2, vst2q_u8) }
    if (channels == 3) { INTERLEAVE(3, vst3q_u8) }
    if (channels == 4) { INTERLEAVE(4, vst4q_u8) }
    qf_interleave_loop(x + p, channels, stride, pixels - p, out + channels * p);
}

#endif
