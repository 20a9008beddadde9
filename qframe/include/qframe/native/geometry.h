/* Reading a geometry from the 15 numbers that Python passes: input, kernel, stride, padding, dilation. */
#ifndef QF_GEOMETRY_H
#define QF_GEOMETRY_H

#include <qframe/conv.h>

QF_INLINE qf_geometry qf_read_geometry(const int32_t *sizes) {
    qf_geometry g = {0, 0, {0}, {0}, {0}, {0}, {0}, {0}};
    for (int d = 0; d < 3; d++) {
        g.input[d] = sizes[d];
        g.kernel[d] = sizes[3 + d];
        g.stride[d] = sizes[6 + d];
        g.padding[d] = sizes[9 + d];
        g.dilation[d] = sizes[12 + d];
    }
    return g;
}

#endif
