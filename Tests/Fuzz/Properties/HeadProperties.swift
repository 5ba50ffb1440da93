import Transport

/// The parsers of heads.
enum HeadProperties {
    /// What a parser made of a head.
    private enum Reading: Equatable {
        case incomplete
        case refused(RequestFailure)
        case read(Summary, consumed: Int)
    }

    /// What is compared of a head.
    private struct Summary: Equatable {
        var start: [UInt8] = []
        var fields: [Field] = []
        var framing = ""
        var rest = ""
        var host: String?
    }

    private struct Field: Equatable {
        let name: String
        let value: [UInt8]
    }

    // MARK: Requests

    /// The result does not depend on how the bytes are cut, and what is accepted can be written
    /// anew and then reads the same.
    static func request(_ bytes: [UInt8]) throws(Violation) {
        for role in [RequestHeadParser.Role.reverseProxy, .forwardProxy] {
            let (whole, head) = readRequest(bytes, by: [bytes.count], role)
            let (pieces, _) = readRequest(bytes, by: Array(1...max(bytes.count, 1)), role)
            try hold(whole == pieces, "request: \(whole) whole, \(pieces) byte by byte")
            if let head { try forward(head, role) }
        }
    }

    private static func readRequest(
        _ bytes: [UInt8], by ends: [Int], _ role: RequestHeadParser.Role,
        _ limits: HeadLimits = .request
    ) -> (Reading, RequestHead?) {
        var parser = RequestHeadParser(limits: limits, role: role)
        do {
            for end in ends where end <= bytes.count {
                switch try parser.parse(bytes.span.extracting(0..<end)) {
                case .needMore: continue
                case .head(let head, let consumed):
                    return (.read(summary(head), consumed: consumed), head)
                }
            }
            return (.incomplete, nil)
        } catch { return (.refused(error), nil) }
    }

    private static func summary(_ head: RequestHead) -> Summary {
        Summary(
            start: Array("\(head.method.rawValue) ".utf8) + head.rawTarget,
            fields: fields(head.fields), framing: "\(head.body)",
            rest: "\(head.persistence) \(head.expectation)",
            host: head.authority?.description)
    }

    /// What was accepted, of whatever version, can be written for HTTP/1 and then reads the same.
    static func forward(
        _ head: RequestHead, _ role: RequestHeadParser.Role
    ) throws(Violation) {
        var writer = HeadWriter()
        do {
            try writer.requestLine(head.method, Array(head.rawTarget))
            try writer.add(.host, head.authority?.description ?? "nobody.example")
        } catch { throw Violation("request: accepted, but cannot be written: \(error)") }
        writer.copyFields(of: head)
        writer.frame(head.body)
        let written = writer.finish()
        let (_, again) = readRequest(written, by: [written.count], role, roomy)
        guard let again else {
            throw Violation("request: accepted, but refused when written anew: \(text(written))")
        }
        let (before, after) = (summary(head), summary(again))
        try hold(before.start == after.start, "request line changed to \(text(after.start))")
        try hold(before.framing == after.framing, "framing changed to \(after.framing)")
        try hold(
            before.host == nil || before.host == after.host,
            "host changed from \(before.host ?? "none") to \(after.host ?? "none")")
        try isPart(after.fields, of: before.fields)
    }

    // MARK: Answers

    static func response(_ bytes: [UInt8]) throws(Violation) {
        for method in [Method.get, .head, .connect] {
            let (whole, head) = readResponse(bytes, by: [bytes.count], method)
            let (pieces, _) = readResponse(bytes, by: Array(1...max(bytes.count, 1)), method)
            try hold(whole == pieces, "answer: \(whole) whole, \(pieces) byte by byte")
            guard let head else { continue }
            var writer = HeadWriter()
            writer.statusLine(head.status)
            writer.copyFields(of: head)
            let written = writer.finish()
            let (_, again) = readResponse(written, by: [written.count], method, roomy)
            guard let again else {
                throw Violation("answer: accepted, but refused when written: \(text(written))")
            }
            try hold(again.status == head.status, "status \(head.status) became \(again.status)")
            try isPart(fields(again.fields), of: fields(head.fields))
        }
    }

    private static func readResponse(
        _ bytes: [UInt8], by ends: [Int], _ method: Method, _ limits: HeadLimits = .response
    ) -> (Reading, ResponseHead?) {
        var parser = ResponseHeadParser(limits: limits)
        do {
            for end in ends where end <= bytes.count {
                switch try parser.parse(bytes.span.extracting(0..<end), answering: method) {
                case .needMore: continue
                case .head(let head, let consumed):
                    let summary = Summary(
                        start: Array("\(head.status)".utf8),
                        fields: fields(head.fields), framing: "\(head.body)",
                        rest: "\(head.persistence) \(head.contentLength ?? -1)")
                    return (.read(summary, consumed: consumed), head)
                }
            }
            return (.incomplete, nil)
        } catch { return (.refused(error), nil) }
    }

    // MARK: Both

    private static func fields(_ list: FieldList) -> [Field] {
        var fields: [Field] = []
        list.forEach { fields.append(Field(name: $0, value: Array($1))) }
        return fields
    }

    /// Whatever is forwarded was sent, in the same order; framing and host are the writer's own.
    private static func isPart(_ written: [Field], of sent: [Field]) throws(Violation) {
        var rest = sent[...]
        for field in written where !own.contains(field.name) {
            guard let place = rest.firstIndex(of: field) else {
                throw Violation("a field \(field.name) that was not sent in this place")
            }
            rest = rest[(place + 1)...]
        }
    }

    private static let own = ["host", "content-length", "transfer-encoding"]

    /// What is written has a space behind each colon, and so is a little longer.
    private static let roomy = HeadLimits(
        startLine: 1 << 20, fieldLine: 1 << 20, total: 1 << 20, fields: 1000)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
