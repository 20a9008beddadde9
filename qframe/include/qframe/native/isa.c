/* Which instruction sets this machine has, and the one in use. */
#include "isa.h"

#include <stdio.h>

#include "ukernels.h"

const qf_kernels *qf_active = &qf_kernels_portable;

/* Names of features, joined; the text stays until the same thread asks again. */
static const char *feature_text(unsigned features) {
    static _Thread_local char text[256];
    size_t length = 0;
    text[0] = 0;
    for (int i = 0; qf_feature_names[i]; i++)
        if (features >> i & 1)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length ? ", " : "",
                                       qf_feature_names[i]);
    return text;
}

/* NULL for names that this build does not have. */
static const qf_instruction_set *find_set(const char *isa) {
    for (size_t i = 0; i < qf_instruction_set_count; i++)
        if (!strcmp(qf_instruction_sets[i].name, isa) && qf_instruction_sets[i].kernels)
            return &qf_instruction_sets[i];
    return NULL;
}

static unsigned missing_for(const qf_instruction_set *set) { return set->needs & ~qf_cpu_features(); }

const char *qf_isa_name(size_t number) {
    return number < qf_instruction_set_count ? qf_instruction_sets[number].name : NULL;
}

const char *qf_isa_title(size_t number) { return qf_instruction_sets[number].title; }

const char *qf_missing(const char *isa) {
    const qf_instruction_set *found = find_set(isa);
    return found ? feature_text(missing_for(found)) : NULL;
}

const char *qf_select(const char *isa) {
    const qf_instruction_set *found = find_set(isa);
    if (!found) return "unknown to this build";
    if (missing_for(found)) return feature_text(missing_for(found));
    qf_active = found->kernels;
    return NULL;
}

const char *qf_best_isa(void) {
    size_t best = 0;
    for (size_t i = 0; i < qf_instruction_set_count; i++)
        if (qf_instruction_sets[i].kernels && !missing_for(&qf_instruction_sets[i])) best = i;
    return qf_instruction_sets[best].name;
}

const char *qf_isa(void) { return qf_active->isa; }
const char *qf_cpu_flags(void) { return feature_text(qf_cpu_features()); }

const char *qf_build(void) {
    size_t built = 0;
    for (size_t i = 0; i < qf_instruction_set_count; i++) built += qf_instruction_sets[i].kernels != NULL;
    if (built == 1) return "portable";
#if defined(QF_SIMDE)
    return "emulated";
#else
    return "native";
#endif
}

static const qf_ukernel UKERNELS[] = {
#define QF_GEMM(isa, name, mr, nr, kr, bytes, exact, low, high) \
    {#isa, #name, mr, nr, kr, bytes, exact, {low, high}, name},
    QF_PORTABLE_GEMM
#include "ukernels.inc"
#undef QF_GEMM
};
enum { UKERNEL_COUNT = sizeof UKERNELS / sizeof *UKERNELS };

const qf_ukernel *qf_find_ukernel(qf_gemm_fn run) {
    for (size_t i = 0; i < UKERNEL_COUNT; i++)
        if (UKERNELS[i].run == run) return &UKERNELS[i];
    return NULL;
}

/* The microkernels that can run here, for the tests. */
static const qf_ukernel *runnable(size_t number) {
    for (size_t i = 0; i < UKERNEL_COUNT; i++)
        if (!missing_for(find_set(UKERNELS[i].isa)) && number-- == 0) return &UKERNELS[i];
    return NULL;
}

const char *qf_ukernel_name(size_t number) {
    const qf_ukernel *kernel = runnable(number);
    return kernel ? kernel->name : NULL;
}

int qf_ukernel_shape(size_t number, size_t *mr, size_t *nr, size_t *kr, size_t *activation_bytes,
                     size_t *exact, size_t *lowered) {
    const qf_ukernel *kernel = runnable(number);
    *mr = kernel->mr, *nr = kernel->nr, *kr = kernel->kr, *activation_bytes = kernel->activation_bytes;
    *exact = kernel->exact;
    lowered[0] = kernel->lowered[0], lowered[1] = kernel->lowered[1];
    return QF_OK;
}

int qf_ukernel_run(size_t number, size_t mr, size_t runs, size_t length, const char *const *rows,
                   const int64_t *offsets, const int8_t *packed, const int32_t *start, int32_t *out) {
    ptrdiff_t at[16];
    for (size_t run = 0; run < runs; run++) at[run] = (ptrdiff_t)offsets[run];
    qf_activations a = {rows, at, runs, length};
    runnable(number)->run(mr, &a, packed, start, out, NULL);
    return QF_OK;
}
