/* Layer and group normalisation: exact sums of codes, then a few float32 steps for each. */
#include <qframe/norm.h>

#include "norms_loops.h"

/* Codes of one task, about; columns to which pixels of few channels are joined; a channel that is worth a call
 * of its own; codes whose numbers are spread out on the stack. */
enum { PIECE = 1 << 15, PERIOD = 256, SHORT = 32, SPREAD = 1024 };

/* What a call is about. */
typedef struct norm_call {
    const uint8_t *x;
    uint8_t *out;
    const float *weight, *bias; /* NULL: ones, zeros */
    double eps;
    float x_scale;
    int32_t x_zero_point; /* as it is given, not shifted */
    qf_norm_codes codes;
} norm_call;

/* Not smaller than any magnitude, and NaN if there is a NaN. */
static float add_magnitudes(const float *x, size_t count) {
    enum { PARTS = 16 };
    float sums[PARTS] = {0}, sum = 0.0f;
    size_t i = 0;
    for (; i + PARTS <= count; i += PARTS)
        for (int part = 0; part < PARTS; part++) sums[part] += fabsf(x[i + (size_t)part]);
    for (; i < count; i++) sum += fabsf(x[i]);
    for (int part = 0; part < PARTS; part++) sum += sums[part];
    return sum;
}

/* Codes are at most 255 from their mean, and factors at most x_scale / sqrt(eps). */
static int is_tame(const norm_call *call, size_t numbers) {
    float weight = call->weight ? add_magnitudes(call->weight, numbers) : 1.0f;
    float bias = call->bias ? add_magnitudes(call->bias, numbers) : 0.0f;
    float largest = 256.0f * (call->x_scale / (float)sqrt(call->eps)) * weight + bias;
    return largest * call->codes.reciprocal < 1e9f; /* false for NaN */
}

static norm_call make_call(const uint8_t *x, const float *weight, const float *bias, size_t numbers,
                           double eps, float x_scale, int32_t x_zero_point, float scale, int32_t zero_point,
                           int flip, uint8_t *out) {
    qf_bounds bounds = qf_make_bounds(0, 255, zero_point + flip);
    norm_call call = {x, out, weight, bias, eps, x_scale, x_zero_point,
                      {x_zero_point + flip, 1.0f / scale, bounds, (uint8_t)flip, 0}};
    call.codes.tame = is_tame(&call, numbers);
    return call;
}

/* From sums of unsigned codes u = code + flip. */
static qf_norm statistics(const norm_call *call, uint64_t total, uint64_t squares, size_t count) {
    int64_t flip = call->codes.flip, codes = (int64_t)count, sum = (int64_t)total;
    int64_t of_squares = (int64_t)squares - 2 * flip * sum + flip * flip * codes;
    return qf_norm_statistics(sum - flip * codes, of_squares, count, call->eps, call->x_scale,
                              call->x_zero_point);
}

static qf_norm statistics_of(const norm_call *call, const uint8_t *x, size_t count) {
    uint64_t total, squares;
    qf_active->norms->sums(x, count, call->codes.flip, &total, &squares);
    return statistics(call, total, squares, count);
}

static float factor_of(const norm_call *call, qf_norm norm, size_t channel) {
    return call->weight ? norm.factor * call->weight[channel] : norm.factor;
}

static float bias_of(const norm_call *call, size_t channel) { return call->bias ? call->bias[channel] : 0.0f; }

typedef struct layer_job {
    norm_call call;
    size_t rows, length, rows_per_task;
} layer_job;

static void layer_rows(void *context, size_t index) {
    const layer_job *j = context;
    const norm_call *call = &j->call;
    size_t row = index * j->rows_per_task, end = qf_min(row + j->rows_per_task, j->rows);
    for (; row < end; row++) {
        const uint8_t *x = call->x + row * j->length;
        uint8_t *out = call->out + row * j->length;
        qf_norm norm = statistics_of(call, x, j->length);
        if (call->weight)
            qf_active->norms->row(x, j->length, norm.mean, norm.factor, call->weight, call->bias, &call->codes,
                                  out);
        else qf_active->norms->run(x, j->length, norm.mean, norm.factor, 0.0f, &call->codes, out);
    }
}

void qf_layer_norm(const uint8_t *x, size_t rows, size_t length, const float *weight, const float *bias,
                   double eps, float x_scale, int32_t x_zero_point, float scale, int32_t zero_point, int flip,
                   uint8_t *out) {
    layer_job j = {.rows = rows, .length = length, .rows_per_task = qf_max(1, PIECE / length)};
    j.call = make_call(x, weight, bias, length, eps, x_scale, x_zero_point, scale, zero_point, flip, out);
    qf_parallel(layer_rows, &j, qf_ceil_div(rows, j.rows_per_task));
}

typedef struct group_job {
    norm_call call;
    size_t groups, per_image, groups_per_task; /* of all images; of one */
    size_t size, space;                        /* channels of a group; codes of a channel */
} group_job;

/* Channels of few codes: the numbers of each channel are spread out, so that one call serves many. */
static void spread_channels(const group_job *j, qf_norm norm, size_t channel, const uint8_t *x, uint8_t *out) {
    float factors[SPREAD], biases[SPREAD];
    size_t step = SPREAD / j->space;
    for (size_t first = 0; first < j->size; first += step) {
        size_t some = qf_min(step, j->size - first), count = 0;
        for (size_t c = channel + first; c < channel + first + some; c++) {
            float factor = factor_of(&j->call, norm, c), bias = bias_of(&j->call, c);
            for (size_t i = 0; i < j->space; i++, count++) factors[count] = factor, biases[count] = bias;
        }
        qf_active->norms->row(x, count, norm.mean, 1.0f, factors, biases, &j->call.codes, out);
        x += count;
        out += count;
    }
}

static void group_piece(void *context, size_t index) {
    const group_job *j = context;
    size_t group = index * j->groups_per_task, end = qf_min(group + j->groups_per_task, j->groups);
    for (; group < end; group++) {
        size_t offset = group * j->size * j->space, channel = group % j->per_image * j->size;
        const uint8_t *x = j->call.x + offset;
        uint8_t *out = j->call.out + offset;
        qf_norm norm = statistics_of(&j->call, x, j->size * j->space);
        if (j->space < SHORT) {
            spread_channels(j, norm, channel, x, out);
            continue;
        }
        for (size_t c = channel; c < channel + j->size; c++, x += j->space, out += j->space)
            qf_active->norms->run(x, j->space, norm.mean, factor_of(&j->call, norm, c), bias_of(&j->call, c),
                                  &j->call.codes, out);
    }
}

void qf_group_norm(const uint8_t *x, size_t images, size_t channels, size_t space, size_t groups,
                   const float *weight, const float *bias, double eps, float x_scale, int32_t x_zero_point,
                   float scale, int32_t zero_point, int flip, uint8_t *out) {
    group_job j = {.groups = images * groups, .per_image = groups, .size = channels / groups, .space = space};
    j.call = make_call(x, weight, bias, channels, eps, x_scale, x_zero_point, scale, zero_point, flip, out);
    j.groups_per_task = qf_max(1, PIECE / (j.size * space));
    qf_parallel(group_piece, &j, qf_ceil_div(j.groups, j.groups_per_task));
}

/* Channels-last images are cut into chunks of whole rows of `period` codes: those of `repeats` pixels. */
typedef struct last_job {
    norm_call call;
    size_t channels, repeats, period, image, chunk, chunks; /* image and chunk in codes; chunks of an image */
    uint32_t *sums;                                         /* for each chunk: total and squares, by column */
    float *numbers;                                         /* for each image: mean, factor, bias, by column */
} last_job;

/* Returns how many codes chunk `index` has; `first` is where it begins. */
static size_t find_chunk(const last_job *j, size_t index, size_t *first) {
    size_t within = index % j->chunks * j->chunk;
    *first = index / j->chunks * j->image + within;
    return qf_min(j->chunk, j->image - within);
}

static void sum_chunk(void *context, size_t index) {
    const last_job *j = context;
    size_t first, count = find_chunk(j, index, &first), rows = count / j->period;
    uint32_t *total = j->sums + 2 * index * j->period, *squares = total + j->period;
    const uint8_t *x = j->call.x + first;
    qf_active->norms->column_sums(x, rows, j->period, j->call.codes.flip, total, squares);
    qf_column_sums_loop(x + rows * j->period, 1, count % j->period, j->call.codes.flip, total, squares);
}

static void normalize_chunk(void *context, size_t index) {
    const last_job *j = context;
    size_t first, count = find_chunk(j, index, &first);
    const float *mean = j->numbers + 3 * (index / j->chunks) * j->period;
    for (size_t i = 0; i < count; i += j->period)
        qf_active->norms->pixels(j->call.x + first + i, qf_min(j->period, count - i), mean, mean + j->period,
                                 mean + 2 * j->period, &j->call.codes, j->call.out + first + i);
}

/* The sums of channels channel .. channel + size of an image. */
static void add_up(const last_job *j, size_t image, size_t channel, size_t size, uint64_t *total,
                   uint64_t *squares) {
    *total = *squares = 0;
    for (size_t part = 0; part < j->chunks * j->repeats; part++) {
        size_t chunk = image * j->chunks + part / j->repeats;
        const uint32_t *sums = j->sums + 2 * chunk * j->period + part % j->repeats * j->channels + channel;
        for (size_t c = 0; c < size; c++) *total += sums[c], *squares += sums[j->period + c];
    }
}

static void find_numbers(const last_job *j, size_t image, size_t size) {
    float *mean = j->numbers + 3 * image * j->period, *factor = mean + j->period, *bias = factor + j->period;
    for (size_t first = 0; first < j->channels; first += size) {
        uint64_t total, squares;
        add_up(j, image, first, size, &total, &squares);
        qf_norm norm = statistics(&j->call, total, squares, size * (j->image / j->channels));
        for (size_t c = first; c < first + size; c++) {
            mean[c] = norm.mean;
            factor[c] = factor_of(&j->call, norm, c);
            bias[c] = bias_of(&j->call, c);
        }
    }
    for (size_t i = j->channels; i < j->period; i++) {
        mean[i] = mean[i - j->channels];
        factor[i] = factor[i - j->channels];
        bias[i] = bias[i - j->channels];
    }
}

int qf_group_norm_last(const uint8_t *x, size_t images, size_t channels, size_t space, size_t groups,
                       const float *weight, const float *bias, double eps, float x_scale, int32_t x_zero_point,
                       float scale, int32_t zero_point, int flip, uint8_t *out) {
    last_job j = {.channels = channels, .repeats = qf_max(1, PERIOD / channels), .image = channels * space};
    j.call = make_call(x, weight, bias, channels, eps, x_scale, x_zero_point, scale, zero_point, flip, out);
    j.period = channels * j.repeats;
    j.chunk = j.period * qf_max(1, PIECE / j.period);
    j.chunks = qf_ceil_div(j.image, j.chunk);
    size_t tasks = images * j.chunks;
    j.sums = qf_scratch(QF_SLOT_CALL, (2 * tasks * sizeof *j.sums + 3 * images * sizeof *j.numbers) * j.period);
    if (!j.sums) return QF_NO_MEMORY;
    j.numbers = (float *)(j.sums + 2 * tasks * j.period);
    qf_parallel(sum_chunk, &j, tasks);
    for (size_t image = 0; image < images; image++) find_numbers(&j, image, channels / groups);
    qf_parallel(normalize_chunk, &j, tasks);
    return QF_OK;
}
