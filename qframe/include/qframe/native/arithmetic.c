/* Sums, products and concatenation. */
#include "elementwise.h"
#include "strided.h"

/* Elements of a task, of a step through strided operands, and of rows that are worth a call. */
enum { PIECE = 1 << 16, STEP = 1 << 12, SHORT = 32 };

typedef struct binary_job {
    qf_binary_fn run;
    const uint8_t *a, *b;
    uint8_t *out;
    size_t count;
    const qf_strided *strided; /* NULL: all operands lie alike */
    qf_binary binary;
} binary_job;

static void binary_piece(void *context, size_t index) {
    const binary_job *j = context;
    size_t first = index * PIECE, end = qf_min(first + PIECE, j->count);
    uint8_t a[STEP], b[STEP];
    if (!j->strided) {
        j->run(j->a + first, j->b + first, end - first, &j->binary, j->out + first);
        return;
    }
    for (; first < end; first += STEP) {
        size_t count = qf_min(STEP, end - first);
        j->run(qf_take(j->strided, 1, j->a, first, count, a), qf_take(j->strided, 2, j->b, first, count, b),
               count, &j->binary, j->out + first);
    }
}

static void run_binary(binary_job *j, size_t dims, const int64_t *shape, const int64_t *strides) {
    qf_strided strided;
    if (dims) {
        qf_make_strided(&strided, dims, shape, strides);
        j->strided = &strided;
    }
    qf_parallel(binary_piece, j, qf_ceil_div(j->count, PIECE));
}

/* `largest`: no sum or product that is to be multiplied by `factor` is larger. */
static qf_binary make_binary(int32_t a_zero_point, int32_t b_zero_point, float factor, float largest,
                             int32_t zero_point, int32_t low, int32_t high, int flip) {
    qf_binary p = {.a_zero_point = a_zero_point + flip, .b_zero_point = b_zero_point + flip, .factor = factor,
                   .bounds = qf_make_bounds(low + flip, high + flip, zero_point + flip),
                   .low = (uint8_t)(low + flip), .high = (uint8_t)(high + flip), .flip = (uint8_t)flip,
                   .tame = largest * factor < 1e9f && factor > QF_TINY};
    return p;
}

void qf_add(const uint8_t *a, float a_scale, int32_t a_zero_point, const uint8_t *b, float b_scale,
            int32_t b_zero_point, size_t count, size_t dims, const int64_t *shape, const int64_t *strides,
            float scale, int32_t zero_point, int32_t low, int32_t high, int flip, uint8_t *out) {
    float largest = 255.0f * a_scale + 255.0f * b_scale;
    float factor = 1.0f / scale;
    binary_job j = {qf_active->elementwise->add, a, b, out, count, NULL,
                    make_binary(a_zero_point, b_zero_point, factor, largest, zero_point, low, high, flip)};
    j.binary.tame &= a_scale > QF_TINY && b_scale > QF_TINY;
    j.binary.a_scale = a_scale;
    j.binary.b_scale = b_scale;
    run_binary(&j, dims, shape, strides);
}

void qf_mul(const uint8_t *a, float a_scale, int32_t a_zero_point, const uint8_t *b, float b_scale,
            int32_t b_zero_point, size_t count, size_t dims, const int64_t *shape, const int64_t *strides,
            float scale, int32_t zero_point, int32_t low, int32_t high, int flip, uint8_t *out) {
    float factor = a_scale * b_scale * (1.0f / scale);
    binary_job j = {qf_active->elementwise->mul, a, b, out, count, NULL,
                    make_binary(a_zero_point, b_zero_point, factor, 65025.0f, zero_point, low, high, flip)};
    run_binary(&j, dims, shape, strides);
}

typedef struct part_job {
    const uint8_t *x;
    uint8_t *out;
    size_t rows, length, out_stride, rows_per_task;
    int copies; /* the codes stay */
    const qf_change *change; /* NULL where the table is faster, or needed */
    uint8_t table[256];
} part_job;

/* Rows that are worth a call each. */
static void requantize_rows(const part_job *j, size_t first, size_t rows) {
    for (size_t row = first; row < first + rows; row++)
        qf_active->elementwise->requantize(j->x + row * j->length, j->length, j->change,
                                           j->out + row * j->out_stride);
}

/* Rows shorter than a vector are looked up together and then moved to their places. */
static void look_up_rows(const part_job *j, size_t first, size_t rows) {
    const qf_elementwise *kernels = qf_active->elementwise;
    uint8_t codes[STEP];
    size_t step = STEP / j->length;
    if (j->length >= SHORT) {
        kernels->lookup(j->x + first * j->length, rows, j->length, j->table, j->out + first * j->out_stride,
                        j->out_stride);
        return;
    }
    for (size_t row = first; row < first + rows; row += step) {
        size_t some = qf_min(step, first + rows - row);
        uint8_t *to = j->out + row * j->out_stride;
        kernels->lookup(j->x + row * j->length, 1, some * j->length, j->table, codes, 0);
        for (size_t r = 0; r < some; r++)
            qf_copy_short(codes + r * j->length, j->length, to + r * j->out_stride);
    }
}

static void part_rows(void *context, size_t index) {
    const part_job *j = context;
    size_t first = index * j->rows_per_task, rows = qf_min(j->rows_per_task, j->rows - first);
    if (!j->copies) {
        if (j->change && j->length >= SHORT) requantize_rows(j, first, rows);
        else look_up_rows(j, first, rows);
        return;
    }
    for (size_t row = first; row < first + rows; row++)
        qf_copy_short(j->x + row * j->length, j->length, j->out + row * j->out_stride);
}

/* Dequantizing and quantizing again, for each code; returns whether all stay as they are. */
static int fill_table(uint8_t *table, float x_scale, int32_t x_zero_point, float scale, qf_bounds bounds,
                      int flip) {
    float factor = 1.0f / scale;
    int changed = 0;
    for (int code = 0; code < 256; code++) {
        float value = x_scale * (float)((code ^ flip) - x_zero_point);
        table[code] = (uint8_t)(qf_round_code(value * factor, bounds) ^ flip);
    }
    for (int code = 0; code < 256; code++) changed |= table[code] ^ code;
    return !changed;
}

void qf_cat_part(const uint8_t *x, size_t rows, size_t length, float x_scale, int32_t x_zero_point, float scale,
                 int32_t zero_point, int32_t low, int32_t high, int flip, uint8_t *out, size_t out_stride) {
    qf_bounds bounds = qf_make_bounds(low + flip, high + flip, zero_point + flip);
    qf_change change = {{x_scale, x_zero_point + flip}, 1.0f / scale, bounds, (uint8_t)flip, (uint8_t)flip};
    int arithmetic = qf_active->elementwise->requantize && low + flip == 0 && high + flip == 255 && qf_is_tame(&change);
    part_job j = {.x = x, .out = out, .rows = rows, .length = length, .out_stride = out_stride,
                  .change = arithmetic ? &change : NULL};
    if (!rows || !length) return;
    if (length == out_stride || rows == 1) { /* no gaps: cut anywhere */
        size_t count = rows * length;
        j.length = j.out_stride = qf_min(count, PIECE);
        j.rows = count / j.length;
        if (count % j.length) {
            size_t done = j.rows * j.length;
            qf_cat_part(x + done, 1, count - done, x_scale, x_zero_point, scale, zero_point, low, high, flip,
                        out + done, count - done);
        }
    }
    j.copies = fill_table(j.table, x_scale, x_zero_point + flip, scale, bounds, flip);
    j.rows_per_task = qf_max(1, PIECE / j.length);
    qf_parallel(part_rows, &j, qf_ceil_div(j.rows, j.rows_per_task));
}
