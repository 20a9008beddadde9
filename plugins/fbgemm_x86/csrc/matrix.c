/* The product loop: blocks of rows, panels of outputs, tiles; accumulators become results tile by tile.
 *
 *     sum (x - zx)(w - zw) = sum x w  -  zx (sum w - k zw)  -  zw sum x
 *
 * The second term starts the accumulators, the third is subtracted where a weight has a zero point. */
#include "matrix.h"

enum {
    BLOCK_BYTES = 48 << 10, /* activations of one task: they stay in the second-level cache */
    LARGE_BLOCK_BYTES = 160 << 10, /* where the weights do not: they are read once for each block */
    LARGE_WEIGHTS = 256 << 10,
    SMALLEST_SHARE = 1 << 17, /* multiplications below which another thread is not worth waking */
    TASKS_PER_THREAD = 4,
};

int qf_product_vectors(qf_product *p) {
    size_t vector = p->weights->groups * p->weights->padded;
    float *memory = qf_scratch(QF_SLOT_CALL, 3 * vector * sizeof(float));
    if (!memory) return 0;
    p->multiplier = memory;
    p->bias = memory + vector;
    p->start = (int32_t *)(p->bias + vector);
    for (size_t i = 0; i < vector; i++)
        p->start[i] = (int32_t)(0u - (uint32_t)p->x_zero_point * (uint32_t)p->weights->sums[i]);
    return 1;
}

void qf_set_requant(qf_product *p, float x_scale, float scale, int32_t zero_point, int32_t low, int32_t high) {
    const qf_weights *w = p->weights;
    for (size_t i = 0; i < w->groups * w->padded; i++) {
        p->multiplier[i] = qf_multiplier(x_scale, w->scales[i], scale);
        p->bias[i] = w->has_bias ? qf_scaled_bias(w->bias[i], x_scale, w->scales[i], w->per_channel) : 0.0f;
    }
    p->bounds = qf_make_bounds(low, high, zero_point);
}

/* Rows of activations as one microkernel takes them. */
typedef struct view {
    const char *rows;
    size_t stride, bytes;
} view;

/* A block of rows, for the general microkernel and for the fast one, as far as its panels need them. */
typedef struct block {
    view views[2];
    size_t group, first, count, from, to; /* its rows, its panels */
} block;

static int panel_is_fast(const qf_weights *w, size_t group, size_t panel) {
    return w->fast[group * w->panels + panel];
}

static int is_needed(const qf_weights *w, const block *b, int fast) {
    for (size_t panel = b->from; panel < b->to; panel++)
        if (panel_is_fast(w, b->group, panel) == fast) return 1;
    return 0;
}

static void fill_view(const qf_product *p, const block *b, int fast, char *memory) {
    const qf_weights *w = p->weights;
    const view *v = &b->views[fast];
    if (p->geometry) {
        qf_gather_fn gather = fast ? w->kernels->fast_gather : w->kernels->gather;
        gather(p->geometry, p->x, b->group * p->geometry->group_channels, p->x_zero_point, b->first, b->count,
               memory, v->stride);
    }
    for (size_t r = 0; r < b->count && v->bytes == 2; r++) {
        int16_t *row = (int16_t *)(memory + r * v->stride);
        const uint8_t *x = p->x + b->group * w->k + (b->first + r) * p->x_stride;
        if (!p->geometry) w->kernels->widen(x, w->k, row);
        row[w->k] = 0; /* the second half of the last pair */
    }
}

/* Point at the activations, or copy them as the microkernels want them; 0 without memory. */
static int prepare_block(const qf_product *p, block *b) {
    const qf_weights *w = p->weights;
    size_t offsets[2] = {0, 0}, size = 0;
    for (int fast = 0; fast < 2; fast++) {
        view *v = &b->views[fast];
        if (!w->ukernels[fast] || !is_needed(w, b, fast)) continue;
        v->bytes = w->ukernels[fast]->activation_bytes;
        if (!p->geometry && v->bytes == 1) {
            v->rows = (const char *)p->x + b->group * w->k + b->first * p->x_stride;
            v->stride = p->x_stride;
            continue;
        }
        v->stride = qf_round_up((w->k + 1) * v->bytes, 64);
        if (v->stride % 1024 == 0) v->stride += 64; /* else rows would fall on the same cache sets */
        offsets[fast] = size;
        size += v->stride * b->count;
    }
    char *memory = size ? qf_scratch(QF_SLOT_TASK, size) : NULL;
    if (size && !memory) return 0;
    for (int fast = 0; fast < 2; fast++) {
        view *v = &b->views[fast];
        if (!v->bytes || v->rows) continue;
        v->rows = memory + offsets[fast];
        fill_view(p, b, fast, memory + offsets[fast]);
    }
    return 1;
}

/* Weights with a zero point: subtract it times the sum of the row. */
static void subtract_row_sums(const qf_weights *w, const view *v, size_t row, size_t rows,
                              const int32_t *zero_points, int32_t *tile) {
    size_t nr = w->ukernels[0]->nr;
    for (size_t r = 0; r < rows; r++, tile += nr) {
        const char *x = v->rows + (row + r) * v->stride;
        uint32_t sum = 0;
        if (v->bytes == 1) {
            sum = (uint32_t)w->kernels->sum_u8((const uint8_t *)x, w->k);
        } else {
            for (size_t i = 0; i < w->k; i++) sum += (uint32_t)((const int16_t *)x)[i];
        }
        for (size_t j = 0; j < nr; j++)
            tile[j] = (int32_t)((uint32_t)tile[j] - sum * (uint32_t)zero_points[j]);
    }
}

/* Write a tile whose first element belongs to `row` and to output `column` of the group. */
static void finish_tile(const qf_product *p, const int32_t *tile, size_t row, size_t rows, size_t group,
                        size_t column) {
    const qf_weights *w = p->weights;
    size_t nr = w->ukernels[0]->nr, n = qf_min(nr, w->n - column), stride = w->groups * w->n;
    size_t at = row * stride + group * w->n + column, vector = group * w->padded + column;
    if (p->codes) {
        qf_requant requant = {p->bias + vector, p->multiplier + vector, p->bounds};
        w->kernels->requant_rows(tile, rows, nr, &requant, n, p->codes + at, stride);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        w->kernels->rescale(tile + r * nr, n, p->multiplier + vector, w->has_bias ? w->bias + vector : NULL,
                            p->relu, p->floats + at + r * stride);
}

static void multiply_panel(const qf_product *p, const block *b, size_t panel) {
    const qf_weights *w = p->weights;
    int fast = panel_is_fast(w, b->group, panel);
    const qf_ukernel *u = w->ukernels[fast];
    const view *v = &b->views[fast];
    const int8_t *packed = w->packed + (b->group * w->panels + panel) * w->panel_size;
    size_t column = panel * u->nr, vector = b->group * w->padded + column;
    int32_t tile[QF_TILE];
    for (size_t row = 0; row < b->count; row += u->mr) {
        size_t rows = qf_min(u->mr, b->count - row);
        u->run(rows, w->k, v->rows + row * v->stride, v->stride, packed, p->start + vector, tile);
        if (w->asymmetric) subtract_row_sums(w, v, row, rows, w->zero_points + vector, tile);
        finish_tile(p, tile, b->first + row, rows, b->group, column);
    }
}

static void product_task(void *context, size_t index) {
    qf_product *p = context;
    const qf_weights *w = p->weights;
    size_t chunk = index % p->chunks, part = index / p->chunks;
    block b = {.group = part / p->blocks, .first = part % p->blocks * p->block};
    b.count = qf_min(p->block, p->rows - b.first);
    b.from = chunk * p->chunk;
    b.to = qf_min(w->panels, b.from + p->chunk);
    if (!prepare_block(p, &b)) {
        atomic_store(&p->status, QF_NO_MEMORY);
        return;
    }
    for (size_t panel = b.from; panel < b.to; panel++) multiply_panel(p, &b, panel);
}

/* Enough tasks for all threads: shorter blocks first, then fewer panels in each. */
static void cut(qf_product *p) {
    const qf_weights *w = p->weights;
    size_t mr = w->ukernels[0]->mr, panels = w->panels;
    size_t row_bytes = qf_max(1, w->k * w->ukernels[0]->activation_bytes);
    size_t wanted = (size_t)qf_get_threads() * TASKS_PER_THREAD;
    size_t worthwhile = p->rows * w->n * w->groups * w->k / SMALLEST_SHARE;
    size_t fitting = panels * w->panel_size > LARGE_WEIGHTS ? LARGE_BLOCK_BYTES : BLOCK_BYTES;
    size_t blocks = qf_max(1, p->rows / qf_max(mr, fitting / row_bytes)); /* no small one at the end */
    p->block = qf_round_up(qf_ceil_div(p->rows, blocks), mr);
    p->chunk = panels;
    wanted = qf_get_threads() == 1 ? 1 : qf_min(wanted, qf_max(1, worthwhile));
    if (wanted > w->groups) {
        size_t even = qf_round_up(qf_ceil_div(p->rows, qf_ceil_div(wanted, w->groups)), mr);
        p->block = qf_min(p->block, qf_max(even, mr * 2));
    }
    p->blocks = qf_ceil_div(p->rows, p->block);
    size_t tasks = w->groups * p->blocks;
    if (tasks < wanted) p->chunk = qf_max(1, panels / qf_ceil_div(wanted, tasks));
    p->chunks = qf_ceil_div(panels, p->chunk);
}

int qf_run_product(qf_product *p) {
    if (!p->rows || !p->weights->n) return QF_OK;
    cut(p);
    atomic_store(&p->status, QF_OK);
    qf_parallel(product_task, p, p->weights->groups * p->blocks * p->chunks);
    return atomic_load(&p->status);
}
