import CNGHTTP2

/// Takes apart what a server sends.
@safe package final class FrameReader {
    private var waiting: [UInt8] = []
    private let inflater: OpaquePointer

    package init() {
        var made: OpaquePointer?
        guard unsafe nghttp2_hd_inflate_new(&made) == 0, let inflater = unsafe made else {
            preconditionFailure("out of memory")
        }
        unsafe self.inflater = inflater
    }

    deinit { unsafe nghttp2_hd_inflate_del(inflater) }

    /// The frames that are whole now.
    package func read(_ bytes: [UInt8]) -> [Frame] {
        waiting += bytes
        var frames: [Frame] = []
        while waiting.count >= 9 {
            let count = waiting[..<3].reduce(0) { $0 << 8 | Int($1) }
            guard waiting.count >= 9 + count else { break }
            let stream = waiting[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append(
                Frame(
                    kind: waiting[3], flags: waiting[4], stream: stream,
                    payload: Array(waiting[9..<9 + count])))
            waiting.removeFirst(9 + count)
        }
        return frames
    }

    /// The fields of a HEADERS frame; each of a connection must be asked for, in their order.
    package func fields(of frame: Frame) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var rest = frame.payload
        while true {
            var pair = unsafe nghttp2_nv()
            var flags: Int32 = 0
            let used = unsafe nghttp2_hd_inflate_hd2(
                inflater, &pair, &flags, rest, rest.count, 1)
            guard used >= 0 else { return [("error", "\(used)")] }
            rest.removeFirst(used)
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                unsafe fields.append(
                    (Self.text(pair.name, pair.namelen), Self.text(pair.value, pair.valuelen)))
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 { break }
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) == 0, rest.isEmpty { break }
        }
        _ = unsafe nghttp2_hd_inflate_end_headers(inflater)
        return fields
    }

    private static func text(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
        unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
