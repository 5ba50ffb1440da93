import Foundation
import Testing

/// The shared corpus of raw requests, `Tests/Vectors/http1/corpus.json`.
struct Corpus: Decodable {
    let routes: [String]
    let cases: [Case]

    /// One request and what must become of it.
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let id: String
        let item: Int
        let why: String
        let bytes: Bytes
        let role: Role?
        let refused: Refusal?
        let accepted: Acceptance?
        let path: Path?
        let close: Bool
        let forwarded: Bool

        var testDescription: String { id }
    }

    enum Role: String, Decodable, Sendable { case forward }

    struct Refusal: Decodable, Sendable {
        let status: Int
        let code: String
    }

    struct Acceptance: Decodable, Sendable {
        let method: String?
        let target: String?
        let host: String?
        let body: String?
        let rest: String?
        let fields: [[String]]?
        let expectsContinue: Bool?

        private enum CodingKeys: String, CodingKey {
            case method, target, host, body, rest, fields
            case expectsContinue = "expects_continue"
        }
    }

    struct Path: Decodable, Sendable {
        let routed: String?
        let passThrough: String?
        let refused: String?
    }

    /// Bytes as text, or as a list of texts and repetitions.
    struct Bytes: Decodable, Sendable {
        let bytes: [UInt8]

        private enum Part: Decodable {
            case text(String)
            case run(Run)

            init(from decoder: any Decoder) throws {
                if let text = try? decoder.singleValueContainer().decode(String.self) {
                    self = .text(text)
                } else {
                    self = .run(try Run(from: decoder))
                }
            }
        }

        private struct Run: Decodable {
            let `repeat`: String
            let times: Int
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                bytes = latin1(text)
            } else {
                bytes = try container.decode([Part].self).flatMap { part in
                    switch part {
                    case .text(let text): return latin1(text)
                    case .run(let run):
                        return Array(repeatElement(latin1(run.repeat), count: run.times).joined())
                    }
                }
            }
        }
    }

    static let shared: Corpus = {
        do {
            let file = vectors.appending(path: "http1/corpus.json")
            return try JSONDecoder().decode(Corpus.self, from: Data(contentsOf: file))
        } catch {
            return Corpus(routes: [], cases: [])
        }
    }()

    /// The first route that covers `path`: exactly, or from a slash at its end on.
    func route(_ path: String) -> String? {
        routes.first { $0 == path || ($0.hasSuffix("/") && path.hasPrefix($0)) }
    }
}

/// `Tests/Vectors`.
let vectors = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Vectors")

/// The code points of a text as bytes; those above 255, which no vector has, are cut short.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

/// Bytes as a text with the same code points.
func latin1(_ bytes: some Sequence<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
}
