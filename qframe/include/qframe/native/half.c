/* Linear layers with half-precision weights: float32 products and sums, input by input. */
#include <stdatomic.h>

#include <qframe/pack.h>

#include "kernels.h"

struct qf_half_weights {
    const qf_kernels *kernels;
    size_t n, k;
    uint16_t *packed;
    float *bias;
};

qf_half_weights *qf_half_pack(const uint16_t *halves, size_t n, size_t k, const float *bias) {
    qf_half_weights *w = qf_allocate(sizeof *w);
    size_t padded = qf_round_up(n, QF_LANES);
    if (!w) return NULL;
    *w = (qf_half_weights){qf_active, n, k, qf_allocate(padded * k * sizeof *halves), NULL};
    w->bias = qf_allocate(padded * sizeof *bias);
    if (!w->packed || !w->bias) {
        qf_half_free(w);
        return NULL;
    }
    qf_pack_matrix16(halves, n, k, QF_LANES, w->packed);
    if (bias) memcpy(w->bias, bias, n * sizeof *bias);
    return w;
}

void qf_half_free(qf_half_weights *w) {
    if (!w) return;
    qf_release(w->packed);
    qf_release(w->bias);
    qf_release(w);
}

enum { PANELS = QF_HALF_PANELS, ROWS = 8 * QF_HALF_ROWS }; /* of one task */

typedef struct job {
    const qf_half_weights *weights;
    const float *x;
    size_t rows, blocks;
    int relu;
    float *out;
} job;

static void finish_row(const job *j, const float *sums, size_t row, size_t column) {
    const qf_half_weights *w = j->weights;
    float *out = j->out + row * w->n + column;
    for (size_t i = 0; i < qf_min(QF_LANES, w->n - column); i++) {
        float value = sums[i] + w->bias[column + i];
        out[i] = j->relu && value < 0.0f ? 0.0f : value; /* NaN stays */
    }
}

static void finish_panels(const job *j, const float *sums, size_t row, size_t column, size_t end) {
    for (; column < end; column += QF_LANES, sums += QF_LANES) finish_row(j, sums, row, column);
}

static void half_task(void *context, size_t index) {
    const job *j = context;
    const qf_half_weights *w = j->weights;
    size_t first = index % j->blocks * ROWS, last = qf_min(j->rows, first + ROWS);
    size_t column = index / j->blocks * PANELS * QF_LANES, end = qf_min(w->n, column + PANELS * QF_LANES);
    float tile[QF_HALF_ROWS * QF_LANES], single[PANELS * QF_LANES];
    if (last - first == 1) {
        w->kernels->half_row(qf_ceil_div(end - column, QF_LANES), w->k, j->x + first * w->k,
                             w->packed + column * w->k, single);
        finish_panels(j, single, first, column, end);
        return;
    }
    for (; column < end; column += QF_LANES)
        for (size_t row = first; row < last; row += QF_HALF_ROWS) {
            size_t rows = qf_min(QF_HALF_ROWS, last - row);
            w->kernels->half_tile(rows, w->k, j->x + row * w->k, w->k, w->packed + column * w->k, tile);
            for (size_t r = 0; r < rows; r++) finish_row(j, tile + r * QF_LANES, row + r, column);
        }
}

int qf_half_linear(const qf_half_weights *weights, const float *x, size_t rows, int relu, float *out) {
    job j = {weights, x, rows, qf_ceil_div(rows, ROWS), relu, out};
    qf_parallel(half_task, &j, j.blocks * qf_ceil_div(weights->n, PANELS * QF_LANES));
    return QF_OK;
}
