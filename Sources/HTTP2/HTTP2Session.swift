import CNGHTTP2

/// The server's side of one HTTP/2 connection without a socket (RFC 9113): bytes in, events and bytes
/// out. It belongs to one event loop.
///
/// nghttp2 does frames, field compression, the states of streams and the windows; it refuses messages
/// that break section 8. What it leaves to its caller, counting what costs a client nothing, is done
/// here (`FrameMeter`). Server push, upgrades and extended CONNECT are not spoken.
@safe package final class HTTP2Session {
    private let session: OpaquePointer
    private let inbox: HTTP2Inbox
    private let mostQueued: Int

    /// Fails only for want of memory.
    package init(_ limits: HTTP2Limits = HTTP2Limits()) throws(HTTP2Failure) {
        let inbox = HTTP2Inbox(limits)
        var made: OpaquePointer?
        try unsafe HTTP2Failure.check(
            nghttp2_session_server_new2(
                &made, HTTP2Setup.shared.callbacks, Unmanaged.passUnretained(inbox).toOpaque(),
                HTTP2Setup.shared.options))
        guard let session = unsafe made else {
            throw HTTP2Failure(code: NGHTTP2_ERR_NOMEM.rawValue)
        }
        self.inbox = inbox
        mostQueued = limits.queued
        unsafe self.session = session
        try greet(limits)
    }

    private func greet(_ limits: HTTP2Limits) throws(HTTP2Failure) {
        let settings: [(nghttp2_settings_id, Int)] = [
            (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams),
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.fieldBytes),
        ]
        let entries = settings.map {
            nghttp2_settings_entry(
                settings_id: Int32($0.rawValue), value: UInt32(truncatingIfNeeded: $1))
        }
        try unsafe HTTP2Failure.check(
            nghttp2_submit_settings(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count))
        try unsafe HTTP2Failure.check(
            nghttp2_session_set_local_window_size(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(limits.connectionWindow)))
    }

    deinit { unsafe nghttp2_session_del(session) }

    // MARK: In

    /// Takes bytes of the client, at `time` in milliseconds that never go back; what came of them is
    /// in `takeEvents`. Nothing is taken any more once the connection is ending for a fault.
    package func receive(_ bytes: Span<UInt8>, at time: Int) {
        guard !inbox.isEnding else { return }
        inbox.time = time
        var count = bytes.count
        var flood: Flood?
        switch inbox.meter.admit(bytes, at: time) {
        case .all: break
        case .flood(let kind, before: let offset):
            count = offset
            flood = kind
        }
        if count > 0 {
            let result = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe inbox.input = buffer
                return unsafe nghttp2_session_mem_recv(session, buffer.baseAddress, count)
            }
            unsafe inbox.input = UnsafeBufferPointer(start: nil, count: 0)
            if result < 0 { fail(Int32(result)) }
        }
        if let flood { inbox.exceeded(flood) }
        if queued > mostQueued { inbox.exceeded(.control) }
        endIfExceeded()
    }

    /// Frames that wait to be sent, but for those of bodies.
    package var queued: Int { unsafe nghttp2_session_get_outbound_queue_size(session) }

    /// What has come since the last time, in its order.
    package func takeEvents() -> [HTTP2Event] {
        var events: [HTTP2Event] = []
        swap(&events, &inbox.events)
        return events
    }

    /// Whether a message's fields have begun and are not whole.
    package var isInsideFields: Bool { inbox.isInsideFields }

    /// How many messages' fields have begun, so that two of them are told apart.
    package var fieldBlocks: Int { inbox.fieldBlocks }

    /// `count` bytes of a body were used: the client may send as many more.
    package func consume(_ stream: Int32, _ count: Int) {
        guard count > 0 else { return }
        _ = unsafe nghttp2_session_consume(session, stream, count)
    }

    // MARK: Out

    /// Whether bytes of a body follow the fields of an answer.
    package enum Body: Sendable { case none, follows }

    /// Answers: `fields` begin with `:status`. A body is asked of the sink of `flush`.
    package func respond(_ stream: Int32, _ fields: FieldBlock, body: Body) {
        let result = unsafe withFields(fields) { pointer, count in
            guard body == .follows else {
                return unsafe nghttp2_submit_response(session, stream, pointer, count, nil)
            }
            var provider = unsafe nghttp2_data_provider(
                source: nghttp2_data_source(fd: 0), read_callback: HTTP2Setup.read)
            return unsafe nghttp2_submit_response(session, stream, pointer, count, &provider)
        }
        if result != 0 { reset(stream, .internalError) }
    }

    /// Sends an interim answer (1xx) without fields of its own.
    package func inform(_ stream: Int32, status: Int) {
        var fields = FieldBlock()
        fields.add(":status".utf8.span, String(status).utf8.span)
        _ = unsafe withFields(fields) { pointer, count in
            unsafe nghttp2_submit_headers(
                session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, nil, pointer, count, nil)
        }
    }

    /// More of a body waits than when the sink was asked last.
    package func resume(_ stream: Int32) {
        _ = unsafe nghttp2_session_resume_data(session, stream)
    }

    /// Ends a stream before its time.
    package func reset(_ stream: Int32, _ code: HTTP2Code) {
        inbox.countReset()
        _ = unsafe nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
    }

    /// Tells the client to open no more streams; those that are under way to us are still answered
    /// (RFC 9113, section 6.8). They have come when `.acknowledged` does.
    package func announceEnd() {
        _ = unsafe nghttp2_submit_shutdown_notice(session)
        _ = unsafe nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// From now on no new stream is looked at; those that are open end as they would.
    package func refuseStreams() {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(session)
        _ = unsafe nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, HTTP2Code.noError.rawValue, nil, 0)
    }

    /// Ends the connection: GOAWAY with `code` is the last frame.
    package func terminate(_ code: HTTP2Code) {
        inbox.isEnding = true
        _ = unsafe nghttp2_session_terminate_session(session, code.rawValue)
    }

    /// Gives frames to `sink` until it is full, or there are no more for now.
    package func flush(to sink: any FrameSink) {
        guard !isBroken else { return }
        inbox.sink = sink
        defer { inbox.sink = nil }
        while !sink.isFull {
            var data: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(session, &data)
            guard count >= 0 else {
                isBroken = true
                break
            }
            guard count > 0, let data = unsafe data else { break }
            unsafe sink.append(RawSpan(_unsafeStart: data, byteCount: count))
        }
        endIfExceeded()
    }

    /// Nothing more is to be read or sent: the connection is to be closed.
    package var isOver: Bool {
        unsafe isBroken
            || nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// nghttp2 itself has failed: not even GOAWAY can be sent.
    private var isBroken = false

    // MARK: Faults

    /// nghttp2 takes no more of this client.
    private func fail(_ result: Int32) {
        switch result {
        case NGHTTP2_ERR_FLOODED.rawValue: inbox.exceeded(.control)
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: inbox.exceeded(.continuations)
        case NGHTTP2_ERR_CALLBACK_FAILURE.rawValue where inbox.excess != nil: break
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: terminate(.protocolError)
        default: terminate(.internalError)
        }
    }

    private func endIfExceeded() {
        if inbox.excess != nil, !inbox.isEnding { terminate(.enhanceYourCalm) }
    }

    private func withFields(
        _ block: FieldBlock, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
    ) -> Int32 {
        unsafe block.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return body(nil, 0) }
            let start = unsafe UnsafeMutablePointer(mutating: base)
            let pairs = unsafe block.fields.map { field in
                unsafe nghttp2_nv(
                    name: start + field.name.lowerBound, value: start + field.value.lowerBound,
                    namelen: field.name.count, valuelen: field.value.count,
                    flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
            }
            return unsafe pairs.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
        }
    }
}

/// nghttp2 has refused what we asked of it.
package struct HTTP2Failure: Error, Sendable, CustomStringConvertible {
    let code: Int32

    package var description: String {
        unsafe "HTTP/2: \(String(cString: nghttp2_strerror(code)))"
    }

    static func check(_ code: Int32) throws(HTTP2Failure) {
        if code != 0 { throw HTTP2Failure(code: code) }
    }
}
