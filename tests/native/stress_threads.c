/* Several threads call one packed weight while the number of workers changes: run under ThreadSanitizer. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qframe/native/api.h>

enum { ROWS = 96, INPUTS = 256, OUTPUTS = 192, CALLERS = 4, ROUNDS = 200 };

static qf_weights *weights;
static uint8_t x[ROWS * INPUTS], expected[ROWS * OUTPUTS];

static void run(uint8_t *out) {
    if (qf_linear(weights, x, ROWS, 0.1f, 7, 9.0f, 3, 0, 255, out)) exit(2);
}

static void *caller(void *argument) {
    uint8_t *out = malloc(sizeof expected);
    for (int round = 0; round < ROUNDS; round++) {
        if (argument) qf_set_threads(1 + round % 5);
        run(out);
        if (memcmp(out, expected, sizeof expected)) {
            puts("a result differs");
            exit(1);
        }
    }
    free(out);
    return NULL;
}

int main(void) {
    int8_t *codes = malloc(OUTPUTS * INPUTS);
    float scale = 0.1f;
    int32_t zero_point = 0;
    pthread_t threads[CALLERS];
    for (int i = 0; i < OUTPUTS * INPUTS; i++) codes[i] = (int8_t)(i * 7919 >> 3);
    for (int i = 0; i < ROWS * INPUTS; i++) x[i] = (uint8_t)(i * 104729 >> 5);
    qf_select(qf_best_isa());
    weights = qf_weights_pack(codes, 1, OUTPUTS, 1, INPUTS, 0, &scale, &zero_point, NULL);
    run(expected);
    qf_set_threads(4);
    for (size_t i = 0; i < CALLERS; i++) pthread_create(&threads[i], NULL, caller, i == 0 ? &scale : NULL);
    for (size_t i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
    qf_weights_free(weights);
    free(codes);
    puts("threads agree");
    return 0;
}
