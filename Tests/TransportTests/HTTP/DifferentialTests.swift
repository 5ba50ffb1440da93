import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Transport

/// Whatever our parser accepts, llhttp (through NIOHTTP1) must accept too, and understand alike.
/// That it accepts more is the point of having our own: what we refuse and it takes is listed, each
/// kind with the reason.
@Suite struct DifferentialTests {
    @Test(arguments: Corpus.shared.cases.filter { $0.accepted != nil })
    func llhttpReadsAcceptedRequestsAlike(_ entry: Corpus.Case) throws {
        try compare(entry.bytes.bytes, role: entry.parserRole)
    }

    @Test(arguments: Corpus.shared.cases.filter { $0.refused != nil && $0.role != .forward })
    func whatWeRefuseAndLlhttpTakesIsListed(_ entry: Corpus.Case) throws {
        let code = try #require(entry.refused?.code)
        guard Oracle.read(entry.bytes.bytes) != nil else { return }
        #expect(Self.stricter[code] != nil, "llhttp takes what we refuse as \(code)")
    }

    @Test func everyKindOfTheListOccurs() {
        let taken = Corpus.shared.cases.filter {
            $0.refused != nil && $0.role != .forward && Oracle.read($0.bytes.bytes) != nil
        }
        #expect(Set(taken.compactMap { $0.refused?.code }) == Set(Self.stricter.keys))
    }

    /// What llhttp leaves to its user, or forgives, by our code.
    private static let stricter: [String: String] = [
        "chunk_extension": "a chunk extension outside of the grammar is skipped",
        "chunk_extension_too_long": "no limit",
        "chunk_size": "a space behind the size is forgiven",
        "connection_nomination": "which fields may be nominated is the proxy's business",
        "connection_option": "options are not looked at beyond the known ones",
        "content_length": "whitespace behind the number is forgiven",
        "expectation": "expectations are the user's business",
        "field_name_alias": "what CGI makes of a name is the server's business",
        "field_too_long": "no limit below 80 KiB",
        "head_too_large": "no limit below 80 KiB",
        "host_malformed": "Host is the user's business",
        "host_mismatch": "Host is the user's business",
        "host_missing": "Host is the user's business",
        "host_repeated": "Host is the user's business",
        "method_not_allowed": "TRACE and CONNECT are methods like any other",
        "method_override": "what takes the place of a method is the user's business",
        "request_line": "empty lines before a request are skipped, however many",
        "request_line_too_long": "no limit below 80 KiB",
        "target": "the form of a target is the user's business",
        "target_fragment": "a fragment is part of the text",
        "too_many_fields": "no limit",
        "trailer": "trailers are read like fields, with their folds",
        "trailer_forbidden": "what may be in trailers is the user's business",
        "trailer_too_large": "no limit",
        "transfer_coding": "a list of codings that ends in chunked is taken",
        "transfer_coding_unknown": "another coding than chunked is the user's business",
        "transfer_coding_version": "chunked is taken from HTTP/1.0, too",
        "version_malformed": "whitespace behind the version is forgiven",
    ]

    @Test func llhttpReadsMutatedRequestsAlike() throws {
        let seeds = Corpus.shared.cases.map(\.bytes.bytes).filter { $0.count < 700 }
        var dice = Dice(seed: 6)
        var accepted = 0
        for _ in 0..<40_000 {
            let bytes = mutated(seeds, &dice)
            if try compare(bytes, role: .reverseProxy) { accepted += 1 }
        }
        #expect(accepted > 2000)
    }

    /// True when we accept the bytes; records an issue where llhttp differs.
    @discardableResult
    private func compare(_ bytes: [UInt8], role: RequestHeadParser.Role) throws -> Bool {
        guard case .accepted(let ours) = Reading.of(bytes, role: role),
            !Oracle.unknownMethods.contains(ours.method)
        else { return false }
        let message = Array(bytes.dropLast(ours.rest.unicodeScalars.count))
        guard let theirs = Oracle.read(message) else {
            Issue.record("llhttp refuses \(latin1(message).debugDescription)")
            return true
        }
        #expect(theirs.head.method.rawValue == ours.method)
        #expect(Array(theirs.head.uri.utf8) == latin1(ours.target))
        #expect(latin1(theirs.body) == ours.body)
        // NIO keeps whitespace behind a value, and makes text of values as UTF-8, mending it.
        let fields = theirs.head.headers.map { name, value in
            [name.lowercased(), value.replacing(/[ \t]+$/, with: "")]
        }
        #expect(
            fields == ours.fields.map { [$0[0], String(decoding: latin1($0[1]), as: UTF8.self)] })
        return true
    }

    private func mutated(_ seeds: [[UInt8]], _ dice: inout Dice) -> [UInt8] {
        var bytes = seeds.randomElement(using: &dice) ?? []
        for _ in 0..<Int.random(in: 1...3, using: &dice) where !bytes.isEmpty {
            let place = bytes.indices.randomElement(using: &dice) ?? 0
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes.remove(at: place)
            case 2:
                let signs = Array("\r\n\t :;,=0a%/\\\"-_.\u{0}".utf8)
                bytes.insert(signs.randomElement(using: &dice) ?? 0, at: place)
            case 3:
                let other = seeds.randomElement(using: &dice) ?? []
                bytes = Array(bytes[..<place] + other.suffix(Int.random(in: 0...60, using: &dice)))
            default:
                let end = min(bytes.count, place + Int.random(in: 1...12, using: &dice))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }
}

/// llhttp's reading of one request.
private struct Oracle {
    let head: HTTPRequestHead
    let body: [UInt8]

    /// Registered methods that llhttp does not have.
    static let unknownMethods: Set = [
        "BASELINE-CONTROL", "LABEL", "MKREDIRECTREF", "MKWORKSPACE", "ORDERPATCH", "UNCHECKOUT",
        "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL", "CHECKIN",
    ]

    /// Nil when it refuses the bytes, or finds no whole message in them.
    static func read(_ bytes: [UInt8]) -> Oracle? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish() }
        do {
            try channel.pipeline.syncOperations.addHandler(
                ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
                switch part {
                case .head(let found):
                    guard head == nil else { return nil }
                    head = found
                case .body(let buffer): body += buffer.readableBytesView
                case .end: return head.map { Oracle(head: $0, body: body) }
                }
            }
            return nil
        } catch {
            return nil
        }
    }
}
