/// The head of an answer as it goes to the client, and how its body is framed there.
struct AnswerHead {
    let bytes: [UInt8]
    let framing: Framing

    /// How the body is delimited on the client's connection.
    enum Framing: Sendable, Equatable {
        /// As many bytes as the head says, or none at all.
        case plain
        case chunked
        /// By the end of the connection: for HTTP/1.0 clients.
        case untilClose
    }

    /// The request that is answered.
    struct Request: Sendable {
        var method: Method
        var version: HTTPVersion
    }

    /// Whether a forwarded answer can only end with the connection.
    static func needsClose(
        _ head: ResponseHead, edit: HeadEdit? = nil, for request: Request
    ) -> Bool {
        switch head.body {
        case .none, .tunnel: return false
        case .length where edit?.transforms != true: return false
        case .length, .chunked, .untilClose: return request.version == .http10
        }
    }

    /// The head of an answer from an upstream: what ends at this hop is left out, and digests of a body
    /// that changes; `edit` is applied. A `Date` that is not there is added (RFC 9110, section 6.6.1), and a 426
    /// that demands WebSocket still says so.
    static func forwarded(
        _ head: ResponseHead, edit: HeadEdit?, for request: Request, persistence: Persistence,
        date: [UInt8]
    ) throws(HeadWriter.InvalidField) -> AnswerHead {
        var writer = HeadWriter(reserving: head.fields.bytes.count + 160)
        writer.statusLine(head.status)
        let transforms = edit?.transforms ?? false
        if let edit {
            let removed = transforms ? edit.remove + FieldName.digests : edit.remove
            writer.copyFields(of: head, only: edit.keep, except: removed)
            for field in edit.add { try writer.add(field.name, field.value) }
        } else {
            writer.copyFields(of: head)
        }
        if edit?.keep == nil, request.version == .http11, WebSocketUpgrade.isDemanded(by: head) {
            for (name, value) in WebSocketUpgrade.fields { try writer.add(name, value) }
        }
        var framing = Framing.plain
        switch head.body {
        case .tunnel:
            for (name, value) in WebSocketUpgrade.fields { try writer.add(name, value) }
            return AnswerHead(bytes: writer.finish(), framing: .plain)
        case .none:
            if let length = head.contentLength, head.status != 204, !transforms {
                writer.add(.contentLength, length)
            }
        case .length(let length) where !transforms: writer.add(.contentLength, length)
        case .length, .chunked, .untilClose:
            switch request.version {
            case .http11:
                writer.frame(.chunked)
                framing = .chunked
            case .http10: framing = .untilClose
            // The frames say where it ends.
            case .http2: framing = .plain
            }
        }
        if !passesDate(of: head, edit) { try writer.add(.date, date[...]) }
        if persistence == .close { try writer.add(.connection, "close") }
        return AnswerHead(bytes: writer.finish(), framing: framing)
    }

    /// Whether the upstream's own `Date` goes on.
    private static func passesDate(of head: ResponseHead, _ edit: HeadEdit?) -> Bool {
        guard head.fields.contains(.date) else { return false }
        guard let edit else { return true }
        return edit.keep?.contains(.date) ?? true && !edit.remove.contains(.date)
    }

    /// An answer of our own, head and body in one.
    static func whole(
        _ answer: Answer, for method: Method?, persistence: Persistence, date: [UInt8]
    ) -> [UInt8] {
        var (head, body) = parts(answer, for: method, persistence: persistence, date: date)
        head.append(contentsOf: body)
        return head
    }

    /// The head of an answer of our own, and what is sent of its body.
    static func parts(
        _ answer: Answer, for method: Method?, persistence: Persistence, date: [UInt8]
    ) -> (head: [UInt8], body: [UInt8]) {
        do {
            return try write(answer, method, persistence, date)
        } catch {
            // A field of ours that cannot be sent: nothing of the answer is to be trusted.
            return (emptyFailure, [])
        }
    }

    private static func write(
        _ answer: Answer, _ method: Method?, _ persistence: Persistence, _ date: [UInt8]
    ) throws(HeadWriter.InvalidField) -> (head: [UInt8], body: [UInt8]) {
        var writer = HeadWriter(reserving: 512 + answer.body.count)
        writer.statusLine(answer.status)
        var hasDate = false
        for field in answer.fields {
            let name = FieldName(field.name)
            hasDate = hasDate || name == .date
            try writer.add(name, field.value)
        }
        if !hasDate { try writer.add(.date, date[...]) }
        let hasBody = answer.status != 204 && answer.status != 304
        if hasBody { writer.add(.contentLength, answer.body.count) }
        if persistence == .close { try writer.add(.connection, "close") }
        return (writer.finish(), hasBody && method != .head ? answer.body : [])
    }

    private static let emptyFailure = Array(
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".utf8)
}
