// All of nghttp2 that Swift calls.
#ifndef OCMGATE_NGHTTP2_SHIMS_H
#define OCMGATE_NGHTTP2_SHIMS_H

#include <nghttp2/nghttp2.h>

#endif
