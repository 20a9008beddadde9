/* Everything in plain C: the readable form of all kernels, and what runs where nothing better does. */
#include <qframe/portable.h>

#include "depthwise.h"
#include "elementwise.h"
#include "norms.h"
#include "ukernels.h"

static void requant_rows(const int32_t *acc, size_t rows, size_t acc_stride, const qf_requant *requant,
                         size_t n, uint8_t *out, size_t out_stride) {
    for (size_t r = 0; r < rows; r++)
        qf_requant_scalar(acc + r * acc_stride, requant, 0, n, out + r * out_stride);
}

static void start(const int32_t *sums, size_t count, int32_t x_zero_point, int32_t *to) {
    qf_start_loop(sums, count, x_zero_point, to);
}

static void transform(const float *scales, const float *bias, size_t count, int per_channel, float x_scale,
                      float scale, float *multiplier, float *scaled_bias) {
    qf_transform_loop(scales, bias, count, per_channel, x_scale, scale, multiplier, scaled_bias);
}

static void interleave(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out) {
    qf_interleave_loop(x, channels, stride, pixels, out);
}

static void rescale_rows(const int32_t *acc, size_t rows, size_t acc_stride, const float *scale, const float *bias,
                         int relu, size_t n, float *out, size_t out_stride) {
    for (size_t r = 0; r < rows; r++)
        qf_rescale_loop(acc + r * acc_stride, n, scale, bias, relu, out + r * out_stride);
}

static void widen(const uint8_t *codes, size_t count, int16_t *out) { qf_widen_loop(codes, count, out); }
static int32_t sum_u8(const uint8_t *codes, size_t count) { return qf_sum_u8_loop(codes, count); }
static uint8_t max_u8(const uint8_t *codes, size_t count) { return qf_max_u8_loop(codes, count); }

static int min_max(const float *x, size_t count, float *low, float *high) {
    return qf_min_max_loop(x, count, low, high);
}

static void quantize8(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out) {
    qf_quantize_loop(x, count, reciprocal, bounds, out);
}

static void dequantize_u8(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    qf_dequantize_u8_loop(codes, count, scale, zero_point, out);
}

static void dequantize_i8(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    qf_dequantize_i8_loop(codes, count, scale, zero_point, out);
}

static void half_tile(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    memset(out, 0, mr * QF_LANES * sizeof *out);
    for (size_t i = 0; i < k; i++, panel += QF_LANES) {
        float weight[QF_LANES];
        for (int j = 0; j < QF_LANES; j++) weight[j] = qf_half_to_float(panel[j]);
        for (size_t r = 0; r < mr; r++)
            for (int j = 0; j < QF_LANES; j++) out[r * QF_LANES + j] += x[r * stride + i] * weight[j];
    }
}

static void half_row(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    for (size_t p = 0; p < panels; p++) half_tile(1, k, x, k, packed + p * k * QF_LANES, out + p * QF_LANES);
}

const qf_kernels qf_kernels_portable = {
    .isa = "portable", .gemm = qf_gemm_i16s8_4x8c2__portable, .requant_rows = requant_rows,
    .start = start, .transform = transform, .interleave = interleave, .rescale_rows = rescale_rows,
    .widen = widen, .sum_u8 = sum_u8, .max_u8 = max_u8, .min_max = min_max,
    .quantize8 = quantize8, .dequantize_u8 = dequantize_u8, .dequantize_i8 = dequantize_i8,
    .depthwise = {&qf_depthwise_portable, &qf_depthwise_portable}, .half_tile = half_tile,
    .half_row = half_row, .cell = qf_cell__portable,
    .elementwise = &qf_elementwise_portable, .norms = &qf_norm_portable,
};
