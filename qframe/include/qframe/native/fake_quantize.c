/* Simulated quantization of (outer, channels, inner) elements; per tensor there is one channel. */
#include "fake_quantize.h"

#include "elementwise.h"

enum {
    PIECE = 1 << 15, /* elements of a task */
    SHORT = 64,      /* fewer neighbours of one channel are computed together with those of others */
    PERIOD = 256     /* entries for each element, at least about so many */
};

typedef struct job {
    const float *x, *scales;
    const int32_t *zero_points;
    double low, high; /* codes */
    float *out;
    uint8_t *inside;
    size_t count, channels, inner, period;
    qf_grids grids; /* `period` entries of each */
} job;

static qf_grid grid_of(const job *j, size_t channel) {
    float scale = j->scales[channel];
    double zero_point = j->zero_points[channel];
    qf_grid grid = {1.0f / scale, scale, (float)(j->low - zero_point), (float)(j->high - zero_point)};
    return grid;
}

static size_t end_of(const job *j, size_t index) { return qf_min((index + 1) * PIECE, j->count); }

/* Neighbours of one channel after another. */
static void lines_task(void *context, size_t index) {
    const job *j = context;
    for (size_t i = index * PIECE, end = end_of(j, index), next; i < end; i = next) {
        qf_grid grid = grid_of(j, i / j->inner % j->channels);
        next = qf_min(end, (i / j->inner + 1) * j->inner);
        qf_active->elementwise->fake_quantize->one(j->x + i, next - i, &grid, j->out + i, j->inside + i);
    }
}

/* Elements with entries of their own. */
static void elements_task(void *context, size_t index) {
    const job *j = context;
    for (size_t i = index * PIECE, end = end_of(j, index), next; i < end; i = next) {
        size_t at = i % j->period;
        qf_grids grids = {j->grids.reciprocal + at, j->grids.scale + at, j->grids.low + at, j->grids.high + at};
        next = qf_min(end, i + j->period - at);
        qf_active->elementwise->fake_quantize->each(j->x + i, next - i, &grids, j->out + i, j->inside + i);
    }
}

/* Codes that float32 cannot hold, in float64. */
static void wide_task(void *context, size_t index) {
    const job *j = context;
    for (size_t i = index * PIECE, end = end_of(j, index); i < end; i++) {
        size_t channel = i / j->inner % j->channels;
        double zero_point = j->zero_points[channel];
        double code = rint((double)(j->x[i] * (1.0f / j->scales[channel]))) + zero_point;
        j->inside[i] = (code >= j->low) & (code <= j->high);
        code = code > j->low ? code : j->low; /* false for NaN */
        code = code < j->high ? code : j->high;
        j->out[i] = (float)(code - zero_point) * j->scales[channel];
    }
}

static int is_wide(const job *j) {
    for (size_t c = 0; c < j->channels; c++)
        if (j->zero_points[c] - j->low > QF_EXACT || j->high - j->zero_points[c] > QF_EXACT) return 1;
    return 0;
}

/* Give each element of a period of channels its entries. */
static void fill_grids(job *j, float *memory) {
    float *reciprocal = memory, *scale = memory + j->period, *low = scale + j->period, *high = low + j->period;
    for (size_t i = 0; i < j->period; i++) {
        qf_grid grid = grid_of(j, i / j->inner % j->channels);
        reciprocal[i] = grid.reciprocal, scale[i] = grid.scale, low[i] = grid.low, high[i] = grid.high;
    }
    qf_grids grids = {reciprocal, scale, low, high};
    j->grids = grids;
}

static int run_elements(job *j) {
    size_t together = j->channels * j->inner;
    j->period = together * qf_max(1, PERIOD / together);
    float *memory = qf_allocate(4 * j->period * sizeof *memory);
    if (!memory) return QF_NO_MEMORY;
    fill_grids(j, memory);
    qf_parallel(elements_task, j, qf_ceil_div(j->count, PIECE));
    qf_release(memory);
    return QF_OK;
}

int qf_fake_quantize(const float *x, size_t count, size_t channels, size_t inner, const float *scales,
                     const int32_t *zero_points, double low, double high, float *out, uint8_t *inside) {
    job j = {.x = x, .scales = scales, .zero_points = zero_points, .low = low, .high = high, .out = out,
             .inside = inside, .count = count, .channels = channels, .inner = inner};
    if (!count) return QF_OK;
    if (channels == 1) j.inner = count;
    if (!is_wide(&j) && channels > 1 && inner < SHORT) return run_elements(&j);
    qf_parallel(is_wide(&j) ? wide_task : lines_task, &j, qf_ceil_div(count, PIECE));
    return QF_OK;
}
