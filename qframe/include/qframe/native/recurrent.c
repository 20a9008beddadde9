/* Recurrent layers: the input is projected once for all steps, then each step projects the hidden state and
 * runs the cell.
 *
 * The states of all sequences stay where they are, and a step changes those of its own rows, the first ones:
 * a sequence that has ended keeps its last state, and backwards one that has not begun its initial state. */
#include "kernels.h"

enum { GATES_LSTM = 4, GATES_GRU = 3, GATES_RNN = 1, SMALLEST_SHARE = 1 << 12 /* units worth a thread */ };

typedef struct layer {
    int kind, reverse, reduce_range;
    const qf_weights *input, *recurrent; /* or NULL, then in half precision: */
    const qf_half_weights *half_input, *half_recurrent;
    const qf_kernels *kernels;
    const int64_t *batch_sizes;
    size_t rows, steps, size, width; /* of all steps; of the hidden state; of its projection */
    float *projected, *product;      /* (rows, width); (batch_sizes[0], width) */
    float *hidden, *cell, *out;
} layer;

static size_t gates_of(int kind) {
    return kind == QF_LSTM ? GATES_LSTM : kind == QF_GRU ? GATES_GRU : GATES_RNN;
}

static int project(const layer *l, const qf_weights *weights, const qf_half_weights *halves, const float *x,
                   size_t rows, float *out) {
    if (weights) return qf_linear_dynamic(weights, x, rows, 0, l->reduce_range, out);
    return qf_half_linear(halves, x, rows, 0, out);
}

/* A step whose first row is row `first` of all. */
typedef struct step {
    const layer *layer;
    size_t first;
} step;

static void run_row(void *context, size_t row) {
    const step *s = context;
    const layer *l = s->layer;
    float *hidden = l->hidden + row * l->size, *cell = l->cell ? l->cell + row * l->size : NULL;
    l->kernels->cell(l->kind, l->projected + (s->first + row) * l->width, l->product + row * l->width, l->size,
                     hidden, cell);
    memcpy(l->out + (s->first + row) * l->size, hidden, l->size * sizeof *hidden);
}

static int run_step(const layer *l, size_t first, size_t rows) {
    int status = project(l, l->recurrent, l->half_recurrent, l->hidden, rows, l->product);
    if (status) return status;
    step s = {l, first};
    if (rows * l->size >= SMALLEST_SHARE) {
        qf_parallel(run_row, &s, rows);
    } else {
        for (size_t row = 0; row < rows; row++) run_row(&s, row);
    }
    return QF_OK;
}

static int run_steps(const layer *l) {
    size_t first = l->reverse ? l->rows : 0;
    for (size_t i = 0; i < l->steps; i++) {
        size_t rows = (size_t)l->batch_sizes[l->reverse ? l->steps - 1 - i : i];
        if (l->reverse) first -= rows;
        int status = run_step(l, first, rows);
        if (status) return status;
        if (!l->reverse) first += rows;
    }
    return QF_OK;
}

static int run_layer(layer *l, const float *x) {
    for (size_t i = 0; i < l->steps; i++) l->rows += (size_t)l->batch_sizes[i];
    if (!l->rows) return QF_OK;
    l->width = gates_of(l->kind) * l->size;
    l->kernels = qf_active;
    l->projected = qf_scratch(QF_SLOT_SEQUENCE, (l->rows + (size_t)l->batch_sizes[0]) * l->width * sizeof(float));
    if (!l->projected) return QF_NO_MEMORY;
    l->product = l->projected + l->rows * l->width;
    int status = project(l, l->input, l->half_input, x, l->rows, l->projected);
    return status ? status : run_steps(l);
}

int qf_recurrent(int kind, const qf_weights *input, const qf_weights *recurrent, const float *x,
                 const int64_t *batch_sizes, size_t steps, size_t size, int reverse, int reduce_range,
                 float *hidden, float *cell, float *out) {
    layer l = {.kind = kind, .reverse = reverse, .reduce_range = reduce_range, .input = input,
               .recurrent = recurrent, .batch_sizes = batch_sizes, .steps = steps, .size = size,
               .hidden = hidden, .cell = cell, .out = out};
    return run_layer(&l, x);
}

int qf_recurrent_half(int kind, const qf_half_weights *input, const qf_half_weights *recurrent, const float *x,
                      const int64_t *batch_sizes, size_t steps, size_t size, int reverse, float *hidden,
                      float *cell, float *out) {
    layer l = {.kind = kind, .reverse = reverse, .half_input = input, .half_recurrent = recurrent,
               .batch_sizes = batch_sizes, .steps = steps, .size = size, .hidden = hidden, .cell = cell,
               .out = out};
    return run_layer(&l, x);
}
