/* Simulated quantization, NEON. */
#include <qframe/simd.h>
#include <qframe/native/fake_quantize.h>

#include "arm.h"

#if QF_ARM64

/* What is needed of a grid by four elements. */
typedef struct grid4 {
    float32x4_t reciprocal, scale, low, high;
} grid4;

/* Codes minus the zero point of four elements, limited to one step outside of the bounds; NaN becomes the least. */
QF_INLINE float32x4_t nearest4(const float *x, const grid4 *g) {
    const float32x4_t one = vdupq_n_f32(1.0f);
    float32x4_t value = vmulq_f32(vld1q_f32(x), g->reciprocal);
    value = vmaxnmq_f32(value, vsubq_f32(g->low, one));
    value = vminq_f32(value, vaddq_f32(g->high, one));
    return vcvtq_f32_s32(vcvtnq_s32_f32(value)); /* no negative zero */
}

QF_INLINE uint16x4_t fake_quantize4(const float *x, const grid4 *g, float *out) {
    float32x4_t value = nearest4(x, g);
    uint32x4_t inside = vandq_u32(vcgeq_f32(value, g->low), vcleq_f32(value, g->high));
    value = vminq_f32(vmaxq_f32(value, g->low), g->high);
    vst1q_f32(out, vmulq_f32(value, g->scale));
    return vmovn_u32(inside);
}

QF_INLINE void store_inside(uint16x4_t first, uint16x4_t second, uint8_t *inside) {
    vst1_u8(inside, vand_u8(vmovn_u16(vcombine_u16(first, second)), vdup_n_u8(1)));
}

static void one(const float *x, size_t count, const qf_grid *grid, float *out, uint8_t *inside) {
    const grid4 g = {vdupq_n_f32(grid->reciprocal), vdupq_n_f32(grid->scale), vdupq_n_f32(grid->low),
                     vdupq_n_f32(grid->high)};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        store_inside(fake_quantize4(x + i, &g, out + i), fake_quantize4(x + i + 4, &g, out + i + 4), inside + i);
    qf_fake_quantize_loop(x, i, count, grid, out, inside);
}

QF_INLINE uint16x4_t each4(const float *x, size_t i, const qf_grids *grids, float *out) {
    const grid4 g = {vld1q_f32(grids->reciprocal + i), vld1q_f32(grids->scale + i), vld1q_f32(grids->low + i),
                     vld1q_f32(grids->high + i)};
    return fake_quantize4(x + i, &g, out + i);
}

static void each(const float *x, size_t count, const qf_grids *grids, float *out, uint8_t *inside) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) store_inside(each4(x, i, grids, out), each4(x, i + 4, grids, out), inside + i);
    qf_fake_quantize_each_loop(x, i, count, grids, out, inside);
}

const qf_fake_quantize_kernels qf_fake_quantize_neon = {.one = one, .each = each};

#endif
