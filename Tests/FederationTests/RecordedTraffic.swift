import Federation
import Foundation
import Testing

/// One exchange of the recorded traffic.
struct RecordedExchange: CustomTestStringConvertible {
    let file: String
    let number: Int
    let host: String
    let method: String
    /// The target without its query.
    let path: String
    let query: String?
    let fields: [(String, String)]
    let body: [UInt8]
    let status: Int
    let answer: [UInt8]

    var testDescription: String { "\(file) #\(number) \(method) \(path)" }

    func field(_ name: String) -> String? {
        fields.first { $0.0.lowercased() == name }?.1
    }
}

/// All of `Tests/Vectors/wire`.
enum RecordedTraffic {
    static let all: [RecordedExchange] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/wire")
        let files =
            (try? FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
            .flatMap { exchanges(in: $0) }
    }()

    static let messages = all.filter { $0.method == "POST" && !$0.body.isEmpty }

    private static func exchanges(in file: URL) -> [RecordedExchange] {
        guard let data = try? Data(contentsOf: file),
            let list = try? JSONValue(parsing: [UInt8](data), limits: .file).array
        else { return [] }
        return list.enumerated().compactMap { number, element in
            guard let exchange = element.object, let request = exchange["request"]?.object,
                let start = request["start"]?.string
            else { return nil }
            let line = start.split(separator: " ")
            let target = line[1].split(separator: "?", maxSplits: 1)
            let response = exchange["response"]?.object
            let status = response?["start"]?.string?.split(separator: " ").dropFirst().first
            return RecordedExchange(
                file: file.lastPathComponent, number: number,
                host: exchange["to"]?.string ?? "", method: String(line[0]),
                // Tokens in paths were replaced by a word in angle brackets.
                path: target[0].filter { $0 != "<" && $0 != ">" },
                query: target.count > 1 ? String(target[1]) : nil,
                fields: (request["headers"]?.array ?? []).compactMap { field in
                    guard let pair = field.array, pair.count == 2, let name = pair[0].string,
                        let value = pair[1].string
                    else { return nil }
                    return (name, value)
                },
                body: Array((request["body"]?.string ?? "").utf8),
                status: status.flatMap { Int($0) } ?? 0,
                answer: Array((response?["body"]?.string ?? "").utf8))
        }
    }
}
