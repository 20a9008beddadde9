/* Between float and codes: work is cut into pieces for the thread pool. */
#include "kernels.h"

enum { PIECE = 1 << 16 }; /* elements of one task */

typedef struct job {
    const void *from;
    void *to;
    size_t count;
    float scale; /* its reciprocal when quantizing */
    int32_t zero_point;
    qf_bounds bounds;
} job;

static size_t piece(const job *j, size_t index) { return qf_min(PIECE, j->count - index * PIECE); }

static void quantize_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->quantize8((const float *)j->from + index * PIECE, piece(j, index), j->scale, j->bounds,
                         (uint8_t *)j->to + index * PIECE);
}

void qf_quantize8(const float *x, size_t count, float scale, int32_t zero_point, int32_t low, int32_t high,
                  uint8_t *out) {
    job j = {x, out, count, 1.0f / scale, zero_point, qf_make_bounds(low, high, zero_point)};
    qf_parallel(quantize_piece, &j, qf_ceil_div(count, PIECE));
}

void qf_quantize32(const float *x, size_t count, float scale, int32_t zero_point, int32_t *out) {
    float reciprocal = 1.0f / scale;
    for (size_t i = 0; i < count; i++) out[i] = qf_round_code32(x[i] * reciprocal, zero_point);
}

static void dequantize_u8_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->dequantize_u8((const uint8_t *)j->from + index * PIECE, piece(j, index), j->scale,
                             j->zero_point, (float *)j->to + index * PIECE);
}

static void dequantize_i8_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->dequantize_i8((const int8_t *)j->from + index * PIECE, piece(j, index), j->scale,
                             j->zero_point, (float *)j->to + index * PIECE);
}

void qf_dequantize_u8(const uint8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    job j = {.from = codes, .to = out, .count = count, .scale = scale, .zero_point = zero_point};
    qf_parallel(dequantize_u8_piece, &j, qf_ceil_div(count, PIECE));
}

void qf_dequantize_i8(const int8_t *codes, size_t count, float scale, int32_t zero_point, float *out) {
    job j = {.from = codes, .to = out, .count = count, .scale = scale, .zero_point = zero_point};
    qf_parallel(dequantize_i8_piece, &j, qf_ceil_div(count, PIECE));
}
