import Federation
import Foundation
import Testing
import Transport

@testable import ocmgate_demo

/// The small legacy server answers what the real ones answered: status for status, and body for
/// body where a body says something.
struct RecordedAnswerTests {
    struct Recording: Sendable, CustomStringConvertible {
        let file: String
        let host: String
        let kind: LegacyKind

        var description: String { "\(file) at \(host)" }
    }

    static let recordings = [
        Recording(file: "nc27.1.3-to-nc27.1.3", host: "nc27b.test", kind: .nextcloud),
        Recording(file: "oc10.15.2-to-oc10.15.2", host: "oc10b.test", kind: .owncloud10),
        Recording(
            file: "nc27.1.3-ocs-fallback-when-ocm-discovery-fails", host: "nc27b.test",
            kind: .nextcloud),
    ]

    @Test(arguments: recordings)
    func discoveryAndMessagesAreAnsweredAsRecorded(_ recording: Recording) throws {
        let server = LegacyServer(
            recording.kind, origin: "https://\(recording.host)", tree: FileTree())
        var compared = 0
        for exchange in try Self.exchanges(recording) {
            guard Self.isPlayed(exchange.request.path, recording.kind) else { continue }
            let answer = server.answer(exchange.request)
            #expect(answer.status == exchange.status, "\(exchange.request.head)")
            if exchange.request.path != "/ocs-provider/" {
                let played = try JSONValue(parsing: answer.body)
                let recorded = try JSONValue(parsing: exchange.body)
                #expect(
                    Self.normal(played) == Self.normal(recorded), "\(exchange.request.head)")
            }
            compared += 1
        }
        #expect(compared >= 2)
    }

    @Test func aSecretOpensItsShareAndNoOther() throws {
        let server = LegacyServer(
            .nextcloud, origin: "https://a.example", tree: FileTree(["x/f.txt": "1"]))
        server.share("x", providerID: "1", secret: "right")
        func get(_ credentials: String) -> Int {
            server.answer(
                PlainRequest(
                    method: .get, path: "/public.php/webdav/f.txt",
                    fields: [(name: "Authorization", value: "Basic \(credentials)")])
            ).status
        }
        #expect(get("cmlnaHQ6") == 200)
        #expect(get("d3Jvbmc6") == 401)
        #expect(get("not base64") == 401)
    }

    @Test(arguments: recordings.prefix(2))
    func sharesAreWrittenAsRecorded(_ recording: Recording) throws {
        let posts = try Self.exchanges(recording).filter { $0.request.path.hasSuffix("/shares") }
        let recorded = try JSONValue(parsing: try #require(posts.first).request.body)
        let share = try #require(recorded.object)
        let written = ShareDocument.legacy(
            recording.kind, from: "https://\(recording.host.replacing("b.test", with: "a.test"))",
            sharing: try #require(share["name"]?.string), to: "bob",
            at: "https://\(recording.host)",
            providerID: try #require(
                Int(share["providerId"]?.string ?? share["providerId"]?.number?.text ?? "")),
            secret: try #require(
                share["protocol"]?.object?["options"]?.object?["sharedSecret"]?.string))
        #expect(
            String(decoding: written, as: UTF8.self)
                == String(decoding: recorded.serialized(), as: UTF8.self))
    }

    // What is compared

    private static func isPlayed(_ path: String, _ kind: LegacyKind) -> Bool {
        path == "/ocm-provider/" || path == kind.endPoint + "/shares" || path == "/ocs-provider/"
            || path == "/ocs/v2.php/cloud/shares"
    }

    /// ownCloud adds two empty members to the meta data of OCS, and spells one message otherwise.
    private static func normal(_ value: JSONValue) -> [UInt8] {
        guard var object = value.object, var ocs = object["ocs"]?.object,
            var meta = ocs["meta"]?.object
        else { return value.serialized() }
        meta["totalitems"] = nil
        meta["itemsperpage"] = nil
        if meta["message"]?.string == "User does not exist" {
            meta["message"] = .string("User does not exists")
        }
        ocs["meta"] = .object(meta)
        object["ocs"] = .object(ocs)
        return JSONValue.object(object).serialized()
    }

    private struct Exchange {
        let request: PlainRequest
        let status: Int
        let body: [UInt8]
    }

    private static func exchanges(_ recording: Recording) throws -> [Exchange] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Vectors/wire/\(recording.file).json")
        struct Side: Decodable {
            let start: String
            let headers: [[String]]
            let body: String?
        }
        struct Entry: Decodable {
            let to: String
            let request: Side
            let response: Side
        }
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
        return entries.filter { $0.to == recording.host }.compactMap { entry in
            let words = entry.request.start.split(separator: " ").map(String.init)
            let target = words[1].split(separator: "?", maxSplits: 1).map(String.init)
            guard let method = Transport.Method(rawValue: words[0]),
                let status = Int(entry.response.start.split(separator: " ")[1])
            else { return nil }
            return Exchange(
                request: PlainRequest(
                    method: method, path: target[0], query: target.count > 1 ? target[1] : "",
                    fields: entry.request.headers.map { (name: $0[0], value: $0[1]) },
                    body: [UInt8]((entry.request.body ?? "").utf8)),
                status: status, body: [UInt8]((entry.response.body ?? "").utf8))
        }
    }
}
