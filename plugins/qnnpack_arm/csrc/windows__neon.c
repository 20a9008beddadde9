/* Largest and average codes of windows, NEON: 16 channels at once, or 8; the last step overlaps. */
#include <qframe/requant_arm.h>
#include <qframe/native/elementwise_loops.h>

#include "arm.h"

#if QF_ARM64

/* `width` codes, 16 or 8, and what is behind them where there are 8: nothing is read there. */
QF_INLINE uint8x16_t load_codes(const uint8_t *from, int width) {
    return width == 16 ? vld1q_u8(from) : vcombine_u8(vld1_u8(from), vdup_n_u8(0));
}

QF_INLINE void store_codes(uint8_t *to, uint8x16_t codes, int width) {
    if (width == 16) vst1q_u8(to, codes);
    else vst1_u8(to, vget_low_u8(codes));
}

/* rows and columns are compile-time constants for 3x3 and 2x2. */
QF_INLINE void max_step(const uint8_t *x, const qf_windows *w, size_t rows, size_t columns, uint8x16_t flip, int width,
                        uint8_t *out) {
    uint8x16_t most = vdupq_n_u8(0);
    for (size_t r = 0; r < rows; r++, x += w->row_stride)
        for (size_t k = 0; k < columns; k++)
            most = vmaxq_u8(most, veorq_u8(load_codes(x + (ptrdiff_t)k * w->column_stride, width), flip));
    store_codes(out, veorq_u8(most, flip), width);
}

QF_INLINE void max_sized(const uint8_t *x, const qf_windows *w, size_t rows, size_t columns, size_t channels,
                         uint8_t flip, uint8_t *out) {
    const uint8x16_t flips = vdupq_n_u8(flip);
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels) {
        if (channels >= 16) {
            QF_FOR_STEPS(c, 16, channels) max_step(x + c, w, rows, columns, flips, 16, out + c);
        } else if (channels >= 8) {
            QF_FOR_STEPS(c, 8, channels) max_step(x + c, w, rows, columns, flips, 8, out + c);
        } else {
            qf_max_window_loop(x, w, channels, flip, out);
        }
    }
}

void qf_max_windows__neon(const uint8_t *x, const qf_windows *w, size_t channels, uint8_t flip, uint8_t *out) {
    if (w->rows == 3 && w->columns == 3) max_sized(x, w, 3, 3, channels, flip, out);
    else if (w->rows == 2 && w->columns == 2) max_sized(x, w, 2, 2, channels, flip, out);
    else max_sized(x, w, w->rows, w->columns, channels, flip, out);
}

/* Sums of 16 bits, of 256 codes at most, are moved to sums of 32. */
QF_INLINE void add_up(const uint16x8_t *narrow, uint32x4_t *wide) {
    QF_UNROLL for (int half = 0; half < 2; half++) {
        wide[2 * half] = vaddw_u16(wide[2 * half], vget_low_u16(narrow[half]));
        wide[2 * half + 1] = vaddw_high_u16(wide[2 * half + 1], narrow[half]);
    }
}

/* The sums of a window, added to those that are there. */
QF_INLINE void sum_window(const uint8_t *x, const qf_windows *w, uint8x16_t flip, int width, uint32x4_t *wide) {
    uint16x8_t narrow[2] = {vdupq_n_u16(0), vdupq_n_u16(0)};
    int room = 256;
    for (size_t r = 0; r < w->rows; r++, x += w->row_stride)
        for (size_t k = 0; k < w->columns; k++) {
            uint8x16_t codes = veorq_u8(load_codes(x + (ptrdiff_t)k * w->column_stride, width), flip);
            narrow[0] = vaddw_u8(narrow[0], vget_low_u8(codes));
            narrow[1] = vaddw_high_u8(narrow[1], codes);
            if (QF_LIKELY(--room)) continue;
            add_up(narrow, wide);
            narrow[0] = narrow[1] = vdupq_n_u16(0);
            room = 256;
        }
    add_up(narrow, wide);
}

QF_INLINE void average_step(const uint8_t *x, const qf_windows *w, const qf_average *a, const qf_bounds16 *bounds,
                            int width, uint8_t *out) {
    const uint32x4_t offset = vdupq_n_u32((uint32_t)a->offset); /* may be negative */
    uint32x4_t wide[4] = {offset, offset, offset, offset};
    float32x4_t values[4];
    sum_window(x, w, bounds->flip, width, wide);
    QF_UNROLL for (int i = 0; i < 4; i++) values[i] = vmulq_n_f32(vcvtq_f32_s32(vreinterpretq_s32_u32(wide[i])), a->multiplier);
    store_codes(out, qf_round16(values, bounds), width);
}

/* One channel whose codes lie side by side. */
static uint8_t average_lines(const uint8_t *x, const qf_windows *w, const qf_average *a) {
    const uint8x16_t flip = vdupq_n_u8(a->flip);
    uint64_t sum = 0;
    for (size_t r = 0; r < w->rows; r++, x += w->row_stride) {
        size_t i = 0;
        for (; i + 16 <= w->columns; i += 16) sum += vaddlvq_u8(veorq_u8(vld1q_u8(x + i), flip));
        for (; i < w->columns; i++) sum += x[i] ^ a->flip;
    }
    return qf_average_code((int32_t)sum, a);
}

void qf_average_windows__neon(const uint8_t *x, const qf_windows *w, size_t channels, const qf_average *a,
                              uint8_t *out) {
    qf_bounds16 bounds = qf_make_bounds16(a->bounds);
    bounds.flip = vdupq_n_u8(a->flip);
    for (size_t i = 0; i < w->count; i++, x += w->step, out += channels) {
        if (channels >= 16) {
            QF_FOR_STEPS(c, 16, channels) average_step(x + c, w, a, &bounds, 16, out + c);
        } else if (channels >= 8) {
            QF_FOR_STEPS(c, 8, channels) average_step(x + c, w, a, &bounds, 8, out + c);
        } else if (channels == 1 && w->column_stride == 1) {
            out[0] = average_lines(x, w, a);
        } else {
            qf_average_window_loop(x, w, channels, a, out);
        }
    }
}

#endif
