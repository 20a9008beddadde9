/* Interpolation of lines of pixels, which lie in (image, plane, slice, row) order in the result. */
#include "resize.h"

#include "elementwise.h"

enum {
    WORK = 1 << 17, /* codes that a task writes */
    BLOCK = 2048    /* codes of a line that have windows and sums at a time */
};

typedef struct layout {
    const uint8_t *x;
    uint8_t *out;
    size_t lines, planes, slices, rows, columns, channels; /* of the result */
    size_t length;                             /* codes of a line of x, if pixels are single codes */
    ptrdiff_t image, plane, slice, row, pixel; /* strides of x */
    const int32_t *slice_sources;
    size_t lines_per_task, block;
} layout;

/* See api.cdef. */
static layout make_layout(const uint8_t *x, const int64_t *sizes, const int64_t *strides, const int32_t *slices,
                      uint8_t *out) {
    layout g = {.x = x, .out = out, .slice_sources = slices, .block = BLOCK};
    g.planes = (size_t)sizes[1], g.slices = (size_t)sizes[2], g.rows = (size_t)sizes[3];
    g.columns = (size_t)sizes[4], g.channels = (size_t)sizes[5], g.length = (size_t)sizes[6];
    g.image = (ptrdiff_t)strides[0], g.plane = (ptrdiff_t)strides[1], g.slice = (ptrdiff_t)strides[2];
    g.row = (ptrdiff_t)strides[3], g.pixel = (ptrdiff_t)strides[4];
    g.lines = (size_t)sizes[0] * g.planes * g.slices * g.rows;
    g.lines_per_task = qf_max(1, WORK / qf_max(1, g.columns * g.channels));
    return g;
}

static void run_lines(qf_task_fn task, void *job, const layout *g) {
    if (g->columns && g->channels) qf_parallel(task, job, qf_ceil_div(g->lines, g->lines_per_task));
}

/* A part of all lines: columns of pixels, or where these are very long channels of one column. */
typedef struct part {
    size_t column, columns, channel, channels;
} part;

/* The part behind `p`, whose columns are 0 at the start and at the end. */
static part next_part(const layout *g, part p) {
    size_t most = qf_max(1, g->block / g->channels);
    p.column += p.columns;
    if (p.column == g->columns) p.column = 0, p.channel += p.channels;
    p.channels = qf_min(g->block, g->channels - p.channel);
    p.columns = p.channels ? qf_min(most, g->columns - p.column) : 0;
    return p;
}

#define FOR_PARTS(p, g) for (part p = next_part(g, (part){0}); p.columns; p = next_part(g, p))

static uint8_t *target_of(const layout *g, size_t line, const part *p) {
    return g->out + (line * g->columns + p->column) * g->channels + p->channel;
}

/* A line of the result, and the slice of x that it reads. */
typedef struct cursor {
    size_t line, row;
    const uint8_t *slice;
} cursor;

static cursor cursor_at(const layout *g, size_t line, const part *p) {
    size_t slice = line / g->rows, plane = slice / g->slices, image = plane / g->planes;
    const uint8_t *x = g->x + (ptrdiff_t)image * g->image + (ptrdiff_t)(plane % g->planes) * g->plane;
    cursor c = {line, line % g->rows, x + g->slice_sources[slice % g->slices] * g->slice + p->channel};
    return c;
}

static void next_line(cursor *c, const layout *g, const part *p) {
    c->line++;
    if (++c->row == g->rows && c->line < g->lines) *c = cursor_at(g, c->line, p);
}

static qf_window make_window(const int32_t *index, size_t count, size_t length) {
    int32_t least = index[0], most = index[0];
    for (size_t i = 1; i < count; i++) {
        least = index[i] < least ? index[i] : least;
        most = index[i] > most ? index[i] : most;
    }
    qf_window w = {most - least < QF_WINDOW ? QF_NEAR : QF_FAR, least, {0}, {0}};
    int32_t width = w.reach == QF_NEAR ? QF_WINDOW : 2 * QF_WINDOW, last = (int32_t)length - width;
    if (most - least >= width || (w.reach == QF_FAR && last < 0)) w.reach = QF_APART;
    if (last < least) w.base = last > 0 ? last : 0; /* nothing behind the line is read */
    for (size_t i = 0; i < count; i++) {
        uint8_t lane = (uint8_t)(index[i] - w.base);
        w.lanes[i] = lane < QF_WINDOW ? lane : 0x80;
        w.far_lanes[i] = lane < QF_WINDOW ? 0x80 : (uint8_t)(lane - QF_WINDOW);
    }
    return w;
}

static qf_sources make_sources(const layout *g, const part *p, const int32_t *index, const float *weight,
                               qf_window *windows) {
    qf_sources s = {index + p->column, weight ? weight + p->column : NULL, windows};
    for (size_t i = 0; g->channels == 1 && i < p->columns; i += QF_WINDOW)
        windows[i / QF_WINDOW] = make_window(s.index + i, qf_min(QF_WINDOW, p->columns - i), g->length);
    return s;
}

typedef struct nearest {
    layout layout;
    const int32_t *rows, *columns;
} nearest;

static void nearest_part(const nearest *j, const part *p, size_t first, size_t end) {
    const layout *g = &j->layout;
    qf_window windows[BLOCK / QF_WINDOW];
    const qf_resize *run = qf_active->elementwise->resize;
    qf_sources sources = make_sources(g, p, j->columns, NULL, windows);
    const uint8_t *before = NULL; /* what the line before was made of; longer images repeat lines */
    for (cursor c = cursor_at(g, first, p); c.line < end; next_line(&c, g, p)) {
        const uint8_t *from = c.slice + j->rows[c.row] * g->row;
        uint8_t *to = target_of(g, c.line, p);
        if (from == before) memcpy(to, target_of(g, c.line - 1, p), p->columns * p->channels);
        else if (g->channels == 1) run->pick(from, g->length, &sources, p->columns, to);
        else run->copy_pixels(from, g->pixel, p->channels, &sources, p->columns, to);
        before = from;
    }
}

static void nearest_task(void *context, size_t index) {
    const nearest *j = context;
    const layout *g = &j->layout;
    size_t first = index * g->lines_per_task, end = qf_min(first + g->lines_per_task, g->lines);
    FOR_PARTS(p, g) nearest_part(j, &p, first, end);
}

void qf_interpolate_nearest(const uint8_t *x, const int64_t *sizes, const int64_t *strides,
                            const int32_t *slices, const int32_t *rows, const int32_t *columns,
                            uint8_t *out) {
    nearest j = {make_layout(x, sizes, strides, slices, out), rows, columns};
    if (j.layout.channels > 1) j.layout.block = SIZE_MAX;
    run_lines(nearest_task, &j, &j.layout);
}

typedef struct bilinear {
    layout layout;
    const int32_t *rows, *columns; /* first sources of all, then second ones; weights alike */
    const float *row_weights, *column_weights;
    int32_t zero_point;
    uint8_t flip;
} bilinear;

/* A part of two lines of x, interpolated along them. */
typedef struct sums {
    qf_sources sources[2];
    qf_window windows[2][BLOCK / QF_WINDOW];
    const uint8_t *lines[2];
    float *values[2], memory[2][BLOCK + QF_LINE];
} sums;

static void start_part(sums *s, const bilinear *j, const part *p) {
    for (size_t i = 0; i < 2; i++) {
        size_t from = i * j->layout.columns;
        s->sources[i] = make_sources(&j->layout, p, j->columns + from, j->column_weights + from, s->windows[i]);
        s->lines[i] = NULL;
        s->values[i] = s->memory[i];
    }
}

static const float *values_of(sums *s, int place, const bilinear *j, const part *p, const uint8_t *line) {
    const layout *g = &j->layout;
    const qf_resize *run = qf_active->elementwise->resize;
    float *to = s->values[place];
    if (s->lines[place] == line) return to;
    s->lines[place] = line;
    if (g->channels == 1) run->blend_codes(line, g->length, s->sources, p->columns, j->flip, to);
    else run->blend_pixels(line, g->pixel, p->channels, s->sources, p->columns, j->flip, to);
    return to;
}

/* What was the lower line of the one before is mostly the upper line now. */
static void take_lower(sums *s) {
    const uint8_t *line = s->lines[0];
    float *values = s->values[0];
    s->lines[0] = s->lines[1], s->values[0] = s->values[1];
    s->lines[1] = line, s->values[1] = values;
}

static void blend_line(const bilinear *j, const part *p, const cursor *c, sums *s) {
    const layout *g = &j->layout;
    const size_t row = c->row, again = g->rows + row;
    const uint8_t *upper = c->slice + j->rows[row] * g->row, *lower = c->slice + j->rows[again] * g->row;
    if (upper == s->lines[1]) take_lower(s);
    const float *a = values_of(s, 0, j, p, upper), *b = lower == upper ? a : values_of(s, 1, j, p, lower);
    qf_blend blend = {j->row_weights[row], j->row_weights[again], j->zero_point, j->flip};
    size_t count = p->columns * p->channels;
    qf_active->elementwise->resize->blend_lines(a, b, count, &blend, target_of(g, c->line, p));
}

static void bilinear_task(void *context, size_t index) {
    const bilinear *j = context;
    const layout *g = &j->layout;
    size_t first = index * g->lines_per_task, end = qf_min(first + g->lines_per_task, g->lines);
    sums s = {.memory = {{0}}};
    FOR_PARTS(p, g) {
        start_part(&s, j, &p);
        for (cursor c = cursor_at(g, first, &p); c.line < end; next_line(&c, g, &p))
            blend_line(j, &p, &c, &s);
    }
}

void qf_interpolate_bilinear(const uint8_t *x, const int64_t *sizes, const int64_t *strides,
                             const int32_t *rows, const float *row_weights, const int32_t *columns,
                             const float *column_weights, int32_t zero_point, int flip, uint8_t *out) {
    static const int32_t only[1] = {0};
    bilinear j = {make_layout(x, sizes, strides, only, out), rows, columns, row_weights, column_weights,
                  zero_point, (uint8_t)flip};
    run_lines(bilinear_task, &j, &j.layout);
}
