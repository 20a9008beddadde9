/* Linear layers.  Weights lie in panels of PANEL outputs: for each input, the weights of all outputs side by side. */
#include <qframe/pack.h>
#include <qframe/portable.h>
#include <qframe/requant.h>

#include "api.h"
#include "threads.h"

enum { PANEL = 8 };

size_t mynpu_packed_size(size_t outputs, size_t inputs) {
    return qf_ceil_div(outputs, PANEL) * qf_panel_size(1, inputs, PANEL, 1);
}

int mynpu_pack(const int8_t *weight, const int32_t *zero_points, size_t outputs, size_t inputs, int8_t *packed) {
    for (size_t output = 0; output < outputs; output++)
        if (!qf_sum_fits(weight + output * inputs, inputs, zero_points[output])) return 0;
    for (size_t first = 0; first < outputs; first += PANEL) {
        size_t rows = qf_min(PANEL, outputs - first);
        qf_pack_panel(weight + first * inputs, rows, 1, inputs, PANEL, 1, packed + first * inputs);
    }
    return 1;
}

/* What the threads share: the operands, and how sums become results, of which one of `codes`, `floats` is NULL. */
typedef struct job {
    const int8_t *packed;
    const int32_t *zero_points;
    size_t outputs, inputs;
    const uint8_t *x;
    size_t rows;
    int32_t x_zero_point;
    const float *multiplier, *bias;
    qf_bounds bounds;
    uint8_t *codes;
    int relu;
    float *floats;
} job;

/* sums[j] = sum of (x - x_zero_point) * (weight - zero_point) over all inputs, for `n` outputs of a panel. */
static void multiply(const job *j, const uint8_t *x, size_t first, size_t n, int32_t *sums) {
    const int8_t *panel = j->packed + first * j->inputs;
    int32_t zero_points[PANEL] = {0};
    for (size_t i = 0; i < n; i++) zero_points[i] = j->zero_points[first + i];
    memset(sums, 0, PANEL * sizeof *sums);
    for (size_t k = 0; k < j->inputs; k++, panel += PANEL) {
        int32_t centered = x[k] - j->x_zero_point;
        for (size_t i = 0; i < PANEL; i++) sums[i] += centered * (panel[i] - zero_points[i]);
    }
}

static void finish(const job *j, const int32_t *sums, size_t row, size_t first, size_t n) {
    size_t at = row * j->outputs + first;
    if (j->codes) {
        qf_requant requant = {j->bias + first, j->multiplier + first, j->bounds};
        qf_requant_scalar(sums, &requant, 0, n, j->codes + at);
    } else {
        const float *bias = j->bias ? j->bias + first : NULL;
        qf_rescale_loop(sums, n, j->multiplier + first, bias, j->relu, j->floats + at);
    }
}

/* One panel of outputs for all rows: no two tasks write to the same place. */
static void task(void *context, size_t index) {
    const job *j = context;
    size_t first = index * PANEL, n = qf_min(PANEL, j->outputs - first);
    int32_t sums[PANEL];
    for (size_t row = 0; row < j->rows; row++) {
        multiply(j, j->x + row * j->inputs, first, n, sums);
        finish(j, sums, row, first, n);
    }
}

void mynpu_linear(const int8_t *packed, const int32_t *zero_points, size_t outputs, size_t inputs,
                  const uint8_t *x, size_t rows, int32_t x_zero_point,
                  const float *multiplier, const float *bias,
                  int32_t zero_point, int32_t low, int32_t high, uint8_t *out) {
    job j = {packed, zero_points, outputs, inputs, x, rows, x_zero_point, multiplier, bias,
             qf_make_bounds(low, high, zero_point), out, 0, NULL};
    qf_pool_run(&mynpu_pool, task, &j, qf_ceil_div(outputs, PANEL));
}

void mynpu_linear_dynamic(const int8_t *packed, const int32_t *zero_points, size_t outputs, size_t inputs,
                          const uint8_t *x, size_t rows, int32_t x_zero_point,
                          const float *scale, const float *bias, int relu, float *out) {
    job j = {packed, zero_points, outputs, inputs, x, rows, x_zero_point, scale, bias,
             qf_make_bounds(0, 255, 0), NULL, relu, out};
    qf_pool_run(&mynpu_pool, task, &j, qf_ceil_div(outputs, PANEL));
}
