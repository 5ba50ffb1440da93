import Foundation
import FuzzProperties
import Testing

/// What the fuzzers found worth keeping, replayed with the same properties.
@Suite struct CorpusReplayTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Corpus")

    private func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = Self.corpus.appending(path: target.rawValue)
        return try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).map { (name: $0.lastPathComponent, bytes: [UInt8](try Data(contentsOf: $0))) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyInputKeepsWhatMustHold(_ target: FuzzTarget) throws {
        let inputs = try inputs(of: target)
        #expect(inputs.count >= 5)
        for input in inputs {
            #expect(throws: Never.self, "\(target.rawValue)/\(input.name)") {
                try target.check(input.bytes)
            }
        }
    }

    /// Each beginning of an input is one that arrives on a broken connection.
    @Test(arguments: FuzzTarget.allCases)
    func everyBeginningOfAnInputKeepsWhatMustHold(_ target: FuzzTarget) throws {
        for input in try inputs(of: target) {
            for count in stride(from: 0, to: min(input.bytes.count, 64), by: 9) {
                #expect(throws: Never.self, "\(target.rawValue)/\(input.name), \(count) bytes") {
                    try target.check(Array(input.bytes.prefix(count)))
                }
            }
        }
    }

    @Test func everyFolderOfTheCorpusHasItsTarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.corpus.path(percentEncoded: false))
        #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }
}
