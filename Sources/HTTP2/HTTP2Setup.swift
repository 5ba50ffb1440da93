import CNGHTTP2

/// The callbacks and options that all sessions share.
///
/// Unchecked Sendable, since the compiler takes no pointer to C's memory for one that threads may share:
/// what these point to is made once, never changed and never freed, and sessions of all loops only
/// read it, when nghttp2 copies it into each.
@safe struct HTTP2Setup: @unchecked Sendable {
    let callbacks: OpaquePointer
    let options: OpaquePointer

    static let shared = HTTP2Setup()

    private init() {
        var callbacks: OpaquePointer?
        var options: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0,
            unsafe nghttp2_option_new(&options) == 0, let callbacks = unsafe callbacks,
            let options = unsafe options
        else { preconditionFailure("nghttp2 cannot make callbacks: out of memory") }
        unsafe self.callbacks = callbacks
        unsafe self.options = options

        let limits = HTTP2Limits()
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        unsafe nghttp2_option_set_max_outbound_ack(options, limits.queued)
        unsafe nghttp2_option_set_max_continuations(options, limits.continuations)

        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) {
            _, frame, inbox in
            guard let frame = unsafe frame else { return Self.failed }
            unsafe HTTP2Setup.inbox(inbox)?.beganFields(frame.pointee)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameCount, value, valueCount, _, inbox in
            let isGood = unsafe HTTP2Setup.inbox(inbox)?.field(
                Span(_unsafeElements: UnsafeBufferPointer(start: name, count: nameCount)),
                Span(_unsafeElements: UnsafeBufferPointer(start: value, count: valueCount)))
            return isGood == true ? 0 : Self.failed
        }
        // nghttp2 would leave such a field out and go on. Here the message is refused for it.
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
            _, _, _, _, _, _, _, _ in NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) {
            _, frame, inbox in
            guard let frame = unsafe frame else { return Self.failed }
            unsafe HTTP2Setup.inbox(inbox)?.received(frame.pointee)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) {
            _, frame, code, inbox in
            guard let frame = unsafe frame else { return Self.failed }
            let goesOn = unsafe HTTP2Setup.inbox(inbox)?.refused(frame.pointee, code)
            return goesOn == true ? 0 : Self.failed
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            _, _, stream, data, count, inbox in
            guard let data = unsafe data, let inbox = unsafe HTTP2Setup.inbox(inbox) else {
                return Self.failed
            }
            return unsafe inbox.data(stream, data, count) ? 0 : Self.failed
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) {
            _, stream, code, inbox in
            unsafe HTTP2Setup.inbox(inbox)?.closed(stream, code)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) {
            _, frame, inbox in
            guard let frame = unsafe frame else { return Self.failed }
            unsafe HTTP2Setup.inbox(inbox)?.sent(frame.pointee)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) {
            _, frame, head, count, _, inbox in
            guard let frame = unsafe frame, let head = unsafe head,
                let sink = unsafe HTTP2Setup.inbox(inbox)?.sink
            else { return Self.failed }
            unsafe sink.append(RawSpan(_unsafeStart: head, byteCount: Self.headBytes))
            unsafe sink.appendBody(of: frame.pointee.hd.stream_id, count)
            return sink.isFull ? NGHTTP2_ERR_PAUSE.rawValue : 0
        }
    }

    /// How much of a body goes into the next frame. Its bytes are not copied by nghttp2.
    static let read:
        @convention(c) (
            OpaquePointer?, Int32, UnsafeMutablePointer<UInt8>?, Int,
            UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<nghttp2_data_source>?,
            UnsafeMutableRawPointer?
        ) -> Int = { _, stream, _, most, flags, _, inbox in
            guard let flags = unsafe flags, let sink = unsafe HTTP2Setup.inbox(inbox)?.sink else {
                return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
            }
            let (waiting, isLast) = sink.waiting(of: stream)
            let count = min(waiting, most)
            if count == 0, !isLast { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            if isLast, count == waiting {
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            }
            return count
        }

    private static func inbox(_ pointer: UnsafeMutableRawPointer?) -> HTTP2Inbox? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe Unmanaged<HTTP2Inbox>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static let failed = NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    /// The head of a frame (RFC 9113, section 4.1).
    private static let headBytes = 9
}
