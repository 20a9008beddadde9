/* Means over the middle one of three dimensions. */
#include "elementwise.h"

enum { WORK = 1 << 16, LANES = 256 }; /* codes that a task reads, and of a row that it reads at once */

typedef struct job {
    const uint8_t *x;
    uint8_t *out;
    size_t outer, length, inner, blocks, outer_per_task;
    qf_average average;
} job;

static void mean_block(const job *j, size_t outer, size_t first, size_t count) {
    qf_windows window = {1, j->length, 0, (ptrdiff_t)j->inner, 1, 0};
    qf_active->elementwise->average_windows(j->x + outer * j->length * j->inner + first, &window, count,
                                            &j->average, j->out + outer * j->inner + first);
}

static void mean_piece(void *context, size_t index) {
    const job *j = context;
    size_t first = index / j->blocks * j->outer_per_task, end = qf_min(first + j->outer_per_task, j->outer);
    size_t channel = index % j->blocks * LANES;
    size_t count = j->blocks == 1 ? j->inner : qf_min(LANES, j->inner - channel);
    for (size_t outer = first; outer < end; outer++) mean_block(j, outer, channel, count);
}

void qf_mean(const uint8_t *x, size_t outer, size_t length, size_t inner, int32_t zero_point, int flip,
             uint8_t *out) {
    job j = {.x = x, .out = out, .outer = outer, .length = length, .inner = inner};
    int32_t shifted = zero_point + flip;
    qf_average average = {1.0f / (float)length, -shifted * (int32_t)length, qf_make_bounds(0, 255, shifted),
                          (uint8_t)flip};
    if (!outer || !inner) return;
    j.average = average;
    j.blocks = length * inner > WORK ? qf_ceil_div(inner, LANES) : 1;
    j.outer_per_task = qf_max(1, WORK / (length * inner));
    qf_parallel(mean_piece, &j, qf_ceil_div(outer, j.outer_per_task) * j.blocks);
}
