/* Batch normalisation of channels-last data. */
#include "elementwise.h"

enum { PIECE = 1 << 15 }; /* elements of one task, about */

typedef struct job {
    const uint8_t *x;
    uint8_t *out;
    size_t count, period, piece;
    const double *alpha, *beta;
    qf_bounds bounds;
    int32_t x_zero_point;
    uint8_t flip;
} job;

static void normalize_piece(void *context, size_t index) {
    const job *j = context;
    size_t first = index * j->piece, end = qf_min(first + j->piece, j->count);
    for (; first < end; first += j->period)
        qf_active->elementwise->batch_norm(j->x + first, qf_min(j->period, end - first), j->alpha, j->beta,
                                           j->bounds, j->x_zero_point, j->flip, j->out + first);
}

/* alpha and beta have `period` entries: those of the channels, once or several times. */
void qf_batch_norm(const uint8_t *x, size_t count, size_t period, const double *alpha, const double *beta,
                   int32_t x_zero_point, int32_t zero_point, int32_t low, int32_t high, int flip,
                   uint8_t *out) {
    job j = {x, out, count, period, period * qf_max(1, PIECE / period), alpha, beta,
             qf_make_bounds(low + flip, high + flip, zero_point + flip), x_zero_point + flip, (uint8_t)flip};
    qf_parallel(normalize_piece, &j, qf_ceil_div(count, j.piece));
}
