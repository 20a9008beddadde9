/* From channels-first to channels-last memory. */
#include "kernels.h"

enum { PIECE = 1 << 15 }; /* bytes of one task, about */

typedef struct job {
    const uint8_t *x;
    uint8_t *out;
    size_t channels, pixels, block, blocks; /* of an image: pixels, those of one task, tasks */
} job;

static void interleave_block(void *context, size_t index) {
    const job *j = context;
    size_t image = index / j->blocks, first = index % j->blocks * j->block;
    size_t start = image * j->channels * j->pixels;
    qf_active->interleave(j->x + start + first, j->channels, j->pixels, qf_min(j->block, j->pixels - first),
                          j->out + start + first * j->channels);
}

void qf_to_channels_last(const uint8_t *x, size_t images, size_t channels, size_t pixels, uint8_t *out) {
    job j = {x, out, channels, pixels, qf_round_up(qf_max(1, PIECE / qf_max(1, channels)), 16), 0};
    j.blocks = qf_ceil_div(pixels, j.block);
    qf_parallel(interleave_block, &j, images * j.blocks);
}
