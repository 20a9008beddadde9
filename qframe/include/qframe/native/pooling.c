/* Pooling over windows of channels-last images. */
#include "elementwise.h"

enum { WORK = 1 << 16 }; /* codes that a task reads */

enum { HEIGHT, WIDTH };

/* Along one dimension: how the windows lie. */
typedef struct axis {
    ptrdiff_t input, output, kernel, stride, padding, dilation;
} axis;

typedef struct pool {
    const uint8_t *x;
    uint8_t *out;
    size_t images, channels, rows_per_task;
    axis axes[2];
    uint8_t flip;
    /* Averages: zero point, divisor (0: the window's length), what windows' lengths count. */
    int32_t zero_point;
    qf_bounds bounds;
    float reciprocal;
    int fixed, counts_padding, adaptive;
    void (*run)(const struct pool *p, const uint8_t *x, const qf_windows *windows, ptrdiff_t length,
                uint8_t *out);
} pool;

/* The part of a window inside the input, and the length that averages are divided by. */
typedef struct span {
    ptrdiff_t start, taps, length;
} span;

static ptrdiff_t between(ptrdiff_t value, ptrdiff_t low, ptrdiff_t high) {
    return value < low ? low : value > high ? high : value;
}

static span adaptive_span(const axis *a, ptrdiff_t at) {
    ptrdiff_t start = at * a->input / a->output;
    ptrdiff_t taps = ((at + 1) * a->input + a->output - 1) / a->output - start;
    span s = {start, taps, taps};
    return s;
}

static span span_of(const pool *p, const axis *a, ptrdiff_t at) {
    if (p->adaptive) return adaptive_span(a, at);
    ptrdiff_t start = at * a->stride - a->padding, room = a->input - start;
    ptrdiff_t before = start < 0 ? between((-start + a->dilation - 1) / a->dilation, 0, a->kernel) : 0;
    ptrdiff_t end = room > 0 ? between((room + a->dilation - 1) / a->dilation, before, a->kernel) : before;
    ptrdiff_t stop = start + a->kernel;
    ptrdiff_t first = p->counts_padding || start > 0 ? start : 0;
    ptrdiff_t limit = p->counts_padding ? a->input + a->padding : a->input;
    span s = {start + before * a->dilation, end - before, (stop < limit ? stop : limit) - first};
    return s;
}

static void max_windows(const pool *p, const uint8_t *x, const qf_windows *w, ptrdiff_t length, uint8_t *out) {
    (void)length;
    qf_active->elementwise->max_windows(x, w, p->channels, p->flip, out);
}

static void average_windows(const pool *p, const uint8_t *x, const qf_windows *w, ptrdiff_t length,
                            uint8_t *out) {
    int32_t taps = (int32_t)(w->rows * w->columns);
    qf_average average = {p->fixed ? p->reciprocal : 1.0f / (float)length, -p->zero_point * taps, p->bounds,
                          p->flip};
    qf_active->elementwise->average_windows(x, w, p->channels, &average, out);
}

/* How many windows from `at` on lie alike and wholly inside the input; else 1. */
static ptrdiff_t alike(const pool *p, const axis *a, ptrdiff_t at) {
    ptrdiff_t reach = (a->kernel - 1) * a->dilation + 1, start = at * a->stride - a->padding;
    if (p->adaptive || start < 0 || start + reach > a->input) return 1;
    ptrdiff_t more = (a->input - reach - start) / a->stride;
    return 1 + (more < a->output - at - 1 ? more : a->output - at - 1);
}

/* One row of the output. */
static void pool_row(const pool *p, const uint8_t *image, ptrdiff_t at, uint8_t *out) {
    const axis *height = &p->axes[HEIGHT], *width = &p->axes[WIDTH];
    ptrdiff_t pixel = (ptrdiff_t)p->channels, line = width->input * pixel, count;
    span rows = span_of(p, height, at);
    for (ptrdiff_t o = 0; o < width->output; o += count, out += count * pixel) {
        span columns = span_of(p, width, o);
        int empty = !rows.taps || !columns.taps; /* then it may start outside */
        count = empty ? 1 : alike(p, width, o);
        qf_windows windows = {empty ? 0 : (size_t)rows.taps, empty ? 0 : (size_t)columns.taps,
                              height->dilation * line, width->dilation * pixel, (size_t)count,
                              width->stride * pixel};
        p->run(p, empty ? image : image + rows.start * line + columns.start * pixel, &windows,
               rows.length * columns.length, out);
    }
}

static void pool_rows(void *context, size_t index) {
    const pool *p = context;
    size_t height = (size_t)p->axes[HEIGHT].output, row_size = (size_t)p->axes[WIDTH].output * p->channels;
    size_t image_size = (size_t)p->axes[HEIGHT].input * (size_t)p->axes[WIDTH].input * p->channels;
    size_t first = index * p->rows_per_task, end = qf_min(first + p->rows_per_task, p->images * height);
    for (size_t row = first; row < end; row++)
        pool_row(p, p->x + row / height * image_size, (ptrdiff_t)(row % height), p->out + row * row_size);
}

/* `sizes` has input, output, kernel, stride, padding and dilation, two each. */
static pool make_pool(const uint8_t *x, size_t images, size_t channels, const int32_t *sizes, int flip,
                      uint8_t *out) {
    pool p = {.x = x, .out = out, .images = images, .channels = channels, .flip = (uint8_t)flip};
    size_t work = channels;
    for (int d = 0; d < 2; d++) {
        axis a = {sizes[d], sizes[2 + d], sizes[4 + d], sizes[6 + d], sizes[8 + d], sizes[10 + d]};
        p.axes[d] = a;
        work *= (size_t)a.kernel;
    }
    p.rows_per_task = qf_max(1, WORK / qf_max(1, work * (size_t)p.axes[WIDTH].output));
    return p;
}

static void run_pool(pool *p) {
    if (!p->channels) return;
    qf_parallel(pool_rows, p, qf_ceil_div(p->images * (size_t)p->axes[HEIGHT].output, p->rows_per_task));
}

void qf_max_pool(const uint8_t *x, size_t images, size_t channels, const int32_t *sizes, int flip,
                 uint8_t *out) {
    pool p = make_pool(x, images, channels, sizes, flip, out);
    p.run = max_windows;
    run_pool(&p);
}

void qf_average_pool(const uint8_t *x, size_t images, size_t channels, const int32_t *sizes, int adaptive,
                     int counts_padding, int fixed, float reciprocal, int32_t zero_point, int flip,
                     uint8_t *out) {
    pool p = make_pool(x, images, channels, sizes, flip, out);
    p.run = average_windows;
    p.adaptive = adaptive, p.counts_padding = counts_padding;
    p.fixed = fixed, p.reciprocal = reciprocal;
    p.zero_point = zero_point + flip;
    p.bounds = qf_make_bounds(0, 255, p.zero_point);
    run_pool(&p);
}
