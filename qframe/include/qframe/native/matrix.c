/* The product loop: blocks of rows, panels of outputs, tiles; accumulators become results tile by tile.
 *
 *     sum (x - zx)(w - zw) = sum x w  -  zx (sum w - k zw)  -  zw sum x
 *
 * The second term starts the accumulators, the third is subtracted where a weight has a zero point.  Where the
 * microkernel lowers activations, the accumulators also start with what that loses. */
#include "matrix.h"
#include "ukernels.h"

enum {
    BLOCK_BYTES = 48 << 10, /* activations of one task: they stay in the second-level cache */
    LARGE_BLOCK_BYTES = 160 << 10, /* where the weights do not: they are read once for each block */
    LARGE_WEIGHTS = 256 << 10,
    SMALLEST_SHARE = 1 << 17, /* multiplications below which another thread is not worth waking */
    TASKS_PER_THREAD = 4,
    COPY_COST = 4, /* of activations that are copied before they are multiplied, for one that is read */
};

int qf_product_vectors(qf_product *p) {
    size_t vector = p->weights->groups * p->weights->padded;
    float *memory = qf_scratch(QF_SLOT_CALL, 3 * vector * sizeof(float));
    if (!memory) return 0;
    p->multiplier = memory;
    p->bias = memory + vector;
    p->start = (int32_t *)(p->bias + vector);
    p->weights->kernels->start(p->weights->sums, vector, p->x_zero_point, p->start);
    for (size_t i = 0; p->weights->lost && i < vector; i++)
        p->start[i] = (int32_t)((uint32_t)p->start[i] + (uint32_t)p->weights->lost[i]);
    return 1;
}

void qf_set_requant(qf_product *p, float x_scale, float scale, int32_t zero_point, int32_t low, int32_t high) {
    const qf_weights *w = p->weights;
    w->kernels->transform(w->scales, w->has_bias ? w->bias : NULL, w->groups * w->padded, w->per_channel, x_scale,
                          scale, p->multiplier, p->bias);
    p->bounds = qf_make_bounds(low, high, zero_point);
}

/* Weights with a zero point: subtract it times the sum of the row. */
static void subtract_row_sums(const qf_product *p, const qf_block *b, size_t row, size_t rows, size_t vector,
                              int32_t *tile) {
    const qf_weights *w = p->weights;
    const qf_activations *bytes = &b->views[w->ukernels[0]->activation_bytes == 2];
    const int32_t *zero_points = w->zero_points + vector;
    size_t nr = w->ukernels[0]->nr;
    for (size_t r = 0; r < rows; r++, tile += nr) {
        uint32_t sum = 0;
        for (size_t run = 0; run < bytes->runs; run++) {
            const char *x = bytes->rows[row + r] + bytes->offsets[run];
            sum += (uint32_t)w->kernels->sum_u8((const uint8_t *)x, w->length);
        }
        for (size_t j = 0; j < nr; j++)
            tile[j] = (int32_t)((uint32_t)tile[j] - sum * (uint32_t)zero_points[j]);
    }
}

/* Where a tile goes whose first element belongs to `row` and to output `column` of the group. */
static qf_codes codes_of(const qf_product *p, size_t row, size_t group, size_t column) {
    const qf_weights *w = p->weights;
    size_t stride = w->groups * w->n, vector = group * w->padded + column;
    qf_codes to = {{p->bias + vector, p->multiplier + vector, p->bounds}, qf_min(w->ukernels[0]->nr, w->n - column),
                   p->codes + row * stride + group * w->n + column, stride};
    return to;
}

static void rescale_tile(const qf_product *p, const int32_t *tile, size_t row, size_t rows, size_t group,
                         size_t column) {
    const qf_weights *w = p->weights;
    size_t nr = w->ukernels[0]->nr, n = qf_min(nr, w->n - column), stride = w->groups * w->n;
    size_t at = row * stride + group * w->n + column, vector = group * w->padded + column;
    w->kernels->rescale_rows(tile, rows, nr, p->multiplier + vector, w->has_bias ? w->bias + vector : NULL, p->relu,
                             n, p->floats + at, stride);
}

/* The rows of a block in tiles of nearly equal heights, since low ones are slow. */
static void multiply_panel(const qf_product *p, const qf_block *b, size_t panel) {
    const qf_weights *w = p->weights;
    int fast = qf_panel_is_fast(p, b, panel);
    const qf_ukernel *u = w->ukernels[fast];
    const int8_t *packed = w->packed[fast] + (b->group * w->panels + panel) * w->panel_sizes[fast];
    size_t column = panel * u->nr, vector = b->group * w->padded + column;
    size_t tiles = qf_ceil_div(b->count, u->mr);
    qf_tile room;
    int32_t *tile = room.sums;
    for (size_t t = 0; t < tiles; t++) {
        size_t row = b->count * t / tiles, rows = b->count * (t + 1) / tiles - row;
        qf_activations a = b->views[fast];
        a.rows += row;
        qf_codes to = codes_of(p, b->first + row, b->group, column);
        u->run(rows, &a, packed, p->start + vector, tile, p->codes && !w->asymmetric ? &to : NULL);
        if (p->codes && !w->asymmetric) continue;
        if (w->asymmetric) subtract_row_sums(p, b, row, rows, vector, tile);
        if (p->codes) w->kernels->requant_rows(tile, rows, u->nr, &to.requant, to.n, to.out, to.stride);
        else rescale_tile(p, tile, b->first + row, rows, b->group, column);
    }
}

static void product_task(void *context, size_t index) {
    qf_product *p = context;
    const qf_weights *w = p->weights;
    size_t chunk = index % p->chunks, part = index / p->chunks;
    qf_block b = {.group = part / p->blocks, .first = part % p->blocks * p->block};
    b.count = qf_min(p->block, p->rows - b.first);
    b.from = chunk * p->chunk;
    b.to = qf_min(w->panels, b.from + p->chunk);
    if (!qf_view_activations(p, &b)) {
        atomic_store(&p->status, QF_NO_MEMORY);
        return;
    }
    for (size_t panel = b.from; panel < b.to; panel++) multiply_panel(p, &b, panel);
}

/* Bytes that one more row adds to a block. */
static size_t row_bytes(const qf_product *p) {
    const qf_geometry *g = p->geometry;
    size_t bytes = p->weights->length;
    if (g) bytes = (size_t)(g->stride[1] * g->stride[2] * g->kernel[0]) * g->group_channels;
    return qf_max(1, bytes * p->weights->ukernels[0]->activation_bytes);
}

/* Whole lines of output pixels, of which the staged lines of the input overlap least. */
static size_t whole_lines(const qf_product *p, size_t block) {
    size_t width = p->geometry ? (size_t)p->geometry->output[2] : 1;
    return block > width ? block / width * width : block;
}

/* Into how many chunks of panels a group is cut, so that together with blocks of rows there are so many tasks: each
 * block reads all weights and each chunk all activations, so the cut is the one that reads least. */
static size_t best_chunks(const qf_product *p, size_t tasks, size_t fewest_blocks, size_t most_blocks) {
    const qf_weights *w = p->weights;
    size_t weights = w->panels * w->panel_sizes[0], activations = p->rows * row_bytes(p);
    if (p->geometry || w->ukernels[0]->activation_bytes > 1) activations *= COPY_COST;
    size_t best = w->panels, least = SIZE_MAX;
    for (size_t chunks = 1; chunks <= qf_min(tasks, w->panels); chunks++) {
        size_t blocks = qf_max(fewest_blocks, qf_ceil_div(tasks, chunks));
        size_t bytes = blocks * weights + chunks * activations;
        if (blocks > most_blocks || bytes >= least) continue;
        best = chunks;
        least = bytes;
    }
    return best;
}

/* Blocks that stay in the cache, and enough tasks for all threads. */
static void cut(qf_product *p) {
    const qf_weights *w = p->weights;
    size_t mr = w->ukernels[0]->mr, inputs = w->runs * w->length;
    size_t threads = (size_t)qf_get_threads(), worthwhile = p->rows * w->n * w->groups * inputs / SMALLEST_SHARE;
    size_t wanted = threads == 1 ? 1 : qf_max(1, qf_min(threads * TASKS_PER_THREAD, worthwhile));
    size_t fitting = w->panels * w->panel_sizes[0] > LARGE_WEIGHTS ? LARGE_BLOCK_BYTES : BLOCK_BYTES;
    size_t fewest = qf_max(1, p->rows / qf_max(mr, fitting / row_bytes(p))); /* no small one at the end */
    size_t most = qf_max(fewest, p->rows / (2 * mr)), tasks = qf_ceil_div(wanted, w->groups);
    size_t chunks = best_chunks(p, tasks, fewest, most);
    size_t blocks = qf_min(most, qf_max(fewest, qf_ceil_div(tasks, chunks)));
    p->block = whole_lines(p, qf_round_up(qf_ceil_div(p->rows, blocks), mr));
    p->blocks = qf_ceil_div(p->rows, p->block);
    p->chunk = qf_ceil_div(w->panels, chunks);
    p->chunks = qf_ceil_div(w->panels, p->chunk);
}

int qf_run_product(qf_product *p) {
    if (!p->rows || !p->weights->n) return QF_OK;
    cut(p);
    atomic_store(&p->status, QF_OK);
    qf_parallel(product_task, p, p->weights->groups * p->blocks * p->chunks);
    return atomic_load(&p->status);
}
