/* Activations as microkernels take them: in place where that is possible, else staged or widened copies. */
#include "matrix.h"

enum { LINE = 64 }; /* bytes of a cache line */

int qf_panel_is_fast(const qf_product *p, const qf_block *b, size_t panel) {
    const qf_weights *w = p->weights;
    return w->ukernels[1] && b->most <= w->largest[b->group * w->panels + panel];
}

/* Windows that never jut out can be read in place by microkernels that take bytes. */
static int reads_in_place(const qf_product *p) {
    if (!p->geometry) return 1;
    if (qf_has_padding(p->geometry)) return 0;
    return p->weights->runs == 1 || p->weights->ukernels[0]->activation_bytes == 1;
}

/* Memory of a block: parts are handed out one behind the other, each on a line of its own. */
typedef struct parts {
    char *memory;
    size_t used;
} parts;

static void *take(parts *m, size_t bytes) {
    void *part = m->memory ? m->memory + m->used : NULL;
    m->used += qf_round_up(bytes, LINE);
    return part;
}

/* Where the bytes of a view begin and end in memory. */
typedef struct extent {
    const uint8_t *begin, *end;
} extent;

static extent extent_of(const qf_activations *a, size_t rows) {
    extent e = {(const uint8_t *)a->rows[0], (const uint8_t *)a->rows[rows - 1]};
    e.end += a->offsets[a->runs - 1] + (ptrdiff_t)a->length;
    return e;
}

static const uint8_t *group_of(const qf_product *p, const qf_block *b) {
    const qf_weights *w = p->weights;
    return p->x + b->group * (p->geometry ? p->geometry->group_channels : w->length);
}

static int has_whole_rows(const qf_product *p) {
    return p->geometry && p->weights->runs == (size_t)(p->geometry->kernel[0] * p->geometry->kernel[1]);
}

/* The bytes where they are. */
static void point(const qf_product *p, const qf_block *b, const char **rows, ptrdiff_t *offsets) {
    const qf_geometry *g = p->geometry;
    if (!g) {
        const char *row = (const char *)group_of(p, b) + b->first * p->x_stride;
        for (size_t r = 0; r < b->count; r++, row += p->x_stride) rows[r] = row;
        offsets[0] = 0;
        return;
    }
    size_t line = (size_t)g->input[2] * g->channels;
    qf_point_at_windows(g, group_of(p, b), b->first, b->count, rows);
    qf_tap_offsets(g, (size_t)(g->dilation[0] * g->input[1]) * line, line, g->channels, has_whole_rows(p), offsets);
}

/* Copies of the input, with zero points around it.  Runs may be read up to whole groups of kr codes. */
static extent stage(const qf_product *p, const qf_block *b, parts *m, const qf_stage *s, const char **rows,
                    ptrdiff_t *offsets) {
    const qf_geometry *g = p->geometry;
    size_t bytes = s->planes * qf_stage_plane(s);
    uint8_t *staged = take(m, bytes + 8);
    if (!m->memory) return (extent){NULL, NULL};
    qf_stage_rows(g, s, group_of(p, b), p->x_zero_point, b->first, b->count, staged, rows);
    qf_tap_offsets(g, qf_stage_plane(s), qf_stage_line(s), s->channels, has_whole_rows(p), offsets);
    memset(staged + bytes, 0, 8);
    return (extent){staged, staged + bytes};
}

static int any_panel(const qf_product *p, const qf_block *b, int fast) {
    for (size_t panel = b->from; panel < b->to; panel++)
        if (qf_panel_is_fast(p, b, panel) == fast) return 1;
    return 0;
}

/* Staged bytes become 16 bits wide as a whole. */
static void widen_stage(const qf_product *p, qf_block *b, extent bytes, int16_t *wide, const char **rows,
                        ptrdiff_t *offsets) {
    const qf_activations *from = &b->views[1];
    p->weights->kernels->widen(bytes.begin, (size_t)(bytes.end - bytes.begin) + 8, wide);
    for (size_t r = 0; r < b->count; r++)
        rows[r] = (const char *)(wide + ((const uint8_t *)from->rows[r] - bytes.begin));
    for (size_t run = 0; run < from->runs; run++) offsets[run] = 2 * from->offsets[run];
}

/* Rows in place become 16 bits wide one by one. */
static void widen_rows(const qf_product *p, qf_block *b, char *wide, size_t stride, const char **rows,
                       ptrdiff_t *offsets) {
    size_t length = p->weights->length;
    for (size_t r = 0; r < b->count; r++, wide += stride) {
        p->weights->kernels->widen((const uint8_t *)b->views[1].rows[r], length, (int16_t *)wide);
        ((int16_t *)wide)[length] = 0; /* the second half of the last pair */
        rows[r] = wide;
    }
    offsets[0] = 0;
}

/* A distance between rows at which they do not fall on the same cache sets. */
static size_t row_stride(size_t bytes) {
    size_t stride = qf_round_up(bytes, LINE);
    return stride % 1024 ? stride : stride + LINE;
}

/* Fill in both views; with m->memory NULL only find out how much memory that takes. */
static void fill(const qf_product *p, qf_block *b, parts *m, const qf_stage *s) {
    const qf_weights *w = p->weights;
    int wide = w->ukernels[0]->activation_bytes == 2;
    const char **rows = take(m, b->count * sizeof *rows), **wide_rows = take(m, b->count * sizeof *rows);
    ptrdiff_t *offsets = take(m, w->runs * sizeof *offsets), *wide_offsets = take(m, w->runs * sizeof *offsets);
    qf_activations *bytes = &b->views[wide];
    *bytes = (qf_activations){rows, offsets, w->runs, w->length};
    extent e = {NULL, NULL};
    if (s) {
        e = stage(p, b, m, s, rows, offsets);
        bytes->length = qf_round_up(w->length, w->ukernels[wide && w->ukernels[1]]->kr);
    } else if (m->memory) {
        point(p, b, rows, offsets);
        e = extent_of(bytes, b->count);
    }
    if (!wide) return;
    size_t stride = row_stride(2 * (w->length + 1));
    char *memory = take(m, s ? 2 * (s->planes * qf_stage_plane(s) + 8) : stride * b->count);
    if (!m->memory) return;
    b->most = w->ukernels[1] ? w->kernels->max_u8(e.begin, (size_t)(e.end - e.begin)) : 0;
    if (!any_panel(p, b, 0)) return;
    if (s) widen_stage(p, b, e, (int16_t *)memory, wide_rows, wide_offsets);
    else widen_rows(p, b, memory, stride, wide_rows, wide_offsets);
    b->views[0] = (qf_activations){wide_rows, wide_offsets, w->runs, w->length};
}

int qf_view_activations(const qf_product *p, qf_block *b) {
    qf_stage s, *staged = NULL;
    if (!reads_in_place(p)) {
        s = qf_plan_stage(p->geometry, b->first, b->count);
        staged = &s;
    }
    parts m = {NULL, 0};
    fill(p, b, &m, staged);
    m.memory = qf_scratch(QF_SLOT_TASK, m.used);
    if (!m.memory) return 0;
    m.used = 0;
    fill(p, b, &m, staged);
    return 1;
}
