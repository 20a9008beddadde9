/* Functions of single elements. */
#include "elementwise.h"

enum { PIECE = 1 << 16 }; /* elements of one task */

typedef struct job {
    const uint8_t *x, *table;
    uint8_t *out;
    size_t count;
    uint8_t low, high, flip;
} job;

static void clamp_piece(void *context, size_t index) {
    const job *j = context;
    size_t first = index * PIECE, count = qf_min(PIECE, j->count - first);
    qf_active->elementwise->clamp(j->x + first, count, j->low, j->high, j->flip, j->out + first);
}

void qf_clamp(const uint8_t *x, size_t count, int32_t low, int32_t high, int flip, uint8_t *out) {
    job j = {.x = x, .out = out, .count = count, .flip = (uint8_t)flip};
    j.low = (uint8_t)(low + flip);
    j.high = (uint8_t)(high + flip);
    qf_parallel(clamp_piece, &j, qf_ceil_div(count, PIECE));
}

static void lookup_piece(void *context, size_t index) {
    const job *j = context;
    size_t first = index * PIECE, count = qf_min(PIECE, j->count - first);
    qf_active->elementwise->lookup(j->x + first, 1, count, j->table, j->out + first, count);
}

void qf_lookup(const uint8_t *x, size_t count, const uint8_t *table, int flip, uint8_t *out) {
    uint8_t flipped[256];
    job j = {.x = x, .out = out, .count = count, .table = flipped};
    for (int code = 0; code < 256; code++) flipped[code] = table[code ^ flip];
    qf_parallel(lookup_piece, &j, qf_ceil_div(count, PIECE));
}
