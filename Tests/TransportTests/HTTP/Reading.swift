@testable import Transport

/// What a connection makes of the bytes of one request: head and body together.
enum Reading: Equatable {
    case refused(RequestFailure)
    /// The bytes ended before the message did.
    case incomplete
    case accepted(Message)

    struct Message: Equatable {
        var method: String
        var target: String
        var path: String
        var host: String?
        var fields: [[String]]
        var body: String
        var rest: String
        var persistence: Persistence
        var expectation: RequestHead.Expectation
        var framing: BodyFraming
    }

    /// Reads a request whose bytes come in pieces that end at `cuts`.
    static func of(
        _ bytes: [UInt8], cuts: [Int] = [], role: RequestHeadParser.Role = .reverseProxy
    ) -> Reading {
        var parser = RequestHeadParser(role: role)
        var head: RequestHead?
        var offset = 0
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        do {
            for end in cuts + [bytes.count] {
                let seen = Array(bytes[..<end])
                if head == nil {
                    switch try parser.parse(seen.span) {
                    case .needMore: continue
                    case .head(let parsed, let consumed):
                        head = parsed
                        offset = consumed
                    }
                }
                guard let head else { continue }
                switch head.body {
                case .none:
                    return .accepted(Message(head, body, bytes[offset...]))
                case .length(let length):
                    guard end - offset >= length else { continue }
                    body = Array(bytes[offset..<offset + length])
                    return .accepted(Message(head, body, bytes[(offset + length)...]))
                case .chunked:
                    if try decode(seen, &offset, &decoder, into: &body) {
                        return .accepted(Message(head, body, bytes[offset...]))
                    }
                }
            }
            return .incomplete
        } catch {
            return .refused(error)
        }
    }

    /// True at the body's end.
    private static func decode(
        _ bytes: [UInt8], _ offset: inout Int, _ decoder: inout ChunkedDecoder,
        into body: inout [UInt8]
    ) throws(RequestFailure) -> Bool {
        while true {
            switch try decoder.next(in: bytes.span, from: &offset) {
            case .needMore: return false
            case .data(let range): body += bytes[range]
            case .end: return true
            }
        }
    }
}

extension Reading.Message {
    init(_ head: RequestHead, _ body: [UInt8], _ rest: ArraySlice<UInt8>) {
        method = head.method.rawValue
        target = latin1(head.rawTarget)
        path = latin1(head.path)
        host = head.authority?.description
        fields = head.fields.all
        self.body = latin1(body)
        self.rest = latin1(rest)
        persistence = head.persistence
        expectation = head.expectation
        framing = head.body
    }
}

extension FieldList {
    var all: [[String]] {
        var fields: [[String]] = []
        forEach { fields.append([$0, latin1($1)]) }
        return fields
    }
}

/// The head of a request, or nil when it is refused or not whole.
func requestHead(
    _ text: String, role: RequestHeadParser.Role = .reverseProxy
) throws -> RequestHead? {
    var parser = RequestHeadParser(role: role)
    switch try parser.parse(latin1(text).span) {
    case .needMore: return nil
    case .head(let head, _): return head
    }
}

/// The head of an answer, or nil when it is not whole.
func responseHead(_ text: String, answering method: Method = .get) throws -> ResponseHead? {
    var parser = ResponseHeadParser()
    switch try parser.parse(latin1(text).span, answering: method) {
    case .needMore: return nil
    case .head(let head, _): return head
    }
}

/// A small generator of reproducible numbers (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
