/* Kernels that are the loops of portable C: an instruction set includes this inside its target region, so that the
 * compiler vectorises them, after
 *     NAMED(name)     gives each kernel of the set its name
 */
#include <qframe/portable.h>
#include <qframe/native/recurrent_loops.h>

void NAMED(qf_start)(const int32_t *sums, size_t count, int32_t x_zero_point, int32_t *start) {
    qf_start_loop(sums, count, x_zero_point, start);
}

void NAMED(qf_transform)(const float *scales, const float *bias, size_t count, int per_channel, float x_scale,
                         float scale, float *multiplier, float *scaled_bias) {
    qf_transform_loop(scales, bias, count, per_channel, x_scale, scale, multiplier, scaled_bias);
}

void NAMED(qf_dequantize_u8)(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    size_t first = qf_min(count, qf_to_cache_line(out) / sizeof *out);
    qf_dequantize_u8_loop(codes, first, scale, zero_point, out);
    qf_dequantize_u8_loop(codes + first, count - first, scale, zero_point, out + first);
}

void NAMED(qf_dequantize_i8)(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    size_t first = qf_min(count, qf_to_cache_line(out) / sizeof *out);
    qf_dequantize_i8_loop(codes, first, scale, zero_point, out);
    qf_dequantize_i8_loop(codes + first, count - first, scale, zero_point, out + first);
}

void NAMED(qf_widen)(const uint8_t *codes, size_t count, int16_t *out) { qf_widen_loop(codes, count, out); }
int32_t NAMED(qf_sum_u8)(const uint8_t *codes, size_t count) { return qf_sum_u8_loop(codes, count); }
uint8_t NAMED(qf_max_u8)(const uint8_t *codes, size_t count) { return qf_max_u8_loop(codes, count); }

void NAMED(qf_cell)(int kind, const float *projected, const float *recurrent, size_t size, float *hidden, float *cell) {
    qf_cell_loop(kind, projected, recurrent, size, hidden, cell);
}
