// What of nghttp2 Swift cannot call by itself.
#ifndef OCMGATE_NGHTTP2_SHIMS_H
#define OCMGATE_NGHTTP2_SHIMS_H

#include <nghttp2/nghttp2.h>

// All streams of a connection take turns, whatever their client would like.
static inline int ocmgate_h2_take_turns(nghttp2_session *session, int32_t stream) {
    nghttp2_extpri equal = {NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
    return nghttp2_session_change_extpri_stream_priority(session, stream, &equal, 1);
}

#endif
