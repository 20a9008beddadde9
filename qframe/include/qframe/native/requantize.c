/* From one grid to another. */
#include "elementwise_loops.h"

enum { PIECE = 1 << 15 }; /* elements of one task */

typedef struct job {
    const void *x;
    void *out;
    size_t count;
    qf_change change;
    const void *table; /* entries of the result's type */
} job;

static size_t piece(const job *j, size_t index) { return qf_min(PIECE, j->count - index * PIECE); }

static void lookup_piece(void *context, size_t index) {
    const job *j = context;
    size_t count = piece(j, index);
    qf_active->elementwise->lookup((const uint8_t *)j->x + index * PIECE, 1, count, j->table,
                                   (uint8_t *)j->out + index * PIECE, count);
}

static void requantize_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->elementwise->requantize((const uint8_t *)j->x + index * PIECE, piece(j, index), &j->change,
                                       (uint8_t *)j->out + index * PIECE);
}

void qf_requantize(const uint8_t *x, size_t count, float x_scale, int32_t x_zero_point, int x_flip, float scale,
                   int32_t zero_point, int flip, uint8_t *out) {
    uint8_t table[256];
    qf_change change = {{x_scale, x_zero_point + x_flip}, 1.0f / scale, qf_make_bounds(0, 255, zero_point + flip),
                        (uint8_t)x_flip, (uint8_t)flip};
    job j = {x, out, count, change, table};
    if (qf_active->elementwise->requantize && qf_is_tame(&change)) {
        qf_parallel(requantize_piece, &j, qf_ceil_div(count, PIECE));
        return;
    }
    for (int code = 0; code < 256; code++) table[code] = qf_change_code((uint8_t)code, &change);
    qf_parallel(lookup_piece, &j, qf_ceil_div(count, PIECE));
}

static void to8_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->elementwise->requantize_to8((const int32_t *)j->x + index * PIECE, piece(j, index), &j->change,
                                           (uint8_t *)j->out + index * PIECE);
}

void qf_requantize_to8(const int32_t *x, size_t count, float x_scale, int32_t x_zero_point, float scale,
                       int32_t zero_point, int32_t low, int32_t high, uint8_t *out) {
    qf_change change = {{x_scale, x_zero_point}, 1.0f / scale, qf_make_bounds(low, high, zero_point), 0, 0};
    job j = {x, out, count, change, NULL};
    qf_parallel(to8_piece, &j, qf_ceil_div(count, PIECE));
}

static void to32_piece(void *context, size_t index) {
    const job *j = context;
    qf_active->elementwise->requantize_to32((const int32_t *)j->x + index * PIECE, piece(j, index), &j->change,
                                            (int32_t *)j->out + index * PIECE);
}

void qf_requantize_to32(const int32_t *x, size_t count, float x_scale, int32_t x_zero_point, float scale,
                        int32_t zero_point, int32_t *out) {
    qf_change change = {{x_scale, x_zero_point}, 1.0f / scale, {0, 0, zero_point}, 0, 0};
    job j = {x, out, count, change, NULL};
    qf_parallel(to32_piece, &j, qf_ceil_div(count, PIECE));
}

static void lookup32_piece(void *context, size_t index) {
    const job *j = context;
    const uint8_t *x = (const uint8_t *)j->x + index * PIECE;
    int32_t *out = (int32_t *)j->out + index * PIECE;
    for (size_t i = 0, count = piece(j, index); i < count; i++) out[i] = ((const int32_t *)j->table)[x[i]];
}

/* 8-bit codes to qint32, by a table. */
void qf_requantize_from8(const uint8_t *x, size_t count, float x_scale, int32_t x_zero_point, int x_flip,
                         float scale, int32_t zero_point, int32_t *out) {
    int32_t table[256];
    float factor = 1.0f / scale;
    job j = {.x = x, .out = out, .count = count, .table = table};
    for (int code = 0; code < 256; code++) {
        float value = x_scale * (float)((code ^ x_flip) - x_flip - x_zero_point);
        table[code] = qf_round_code32(value * factor, zero_point);
    }
    qf_parallel(lookup32_piece, &j, qf_ceil_div(count, PIECE));
}
