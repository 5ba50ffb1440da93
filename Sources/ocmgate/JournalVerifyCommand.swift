import ArgumentParser
import Foundation
import Gateway
import OpenSSL

/// `ocmgate journal verify`.
struct JournalVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the chain and its signatures.",
        discussion: """
            With --dir and --key nothing else is needed: neither configuration nor seal key. Keep \
            the public key (ocmgate key export --journal) and, from time to time, a head \
            (journal.checkpoint in the log) away from the gateway: a head finds an end that was cut \
            off. Exit codes: 0 whole, 1 something is wrong, 2 the journal cannot be read.
            """)

    @OptionGroup var journal: JournalPlace

    @Option(name: .customLong("key"), help: "A file with a public key, PEM; may be given again.")
    var keys: [String] = []

    @Option(
        name: .customLong("head"), help: "SEQ:HASH:DAY, as the log tells it; may be given again.")
    var heads: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let reader = try journal.reader()
        do { _ = try reader.days() } catch { throw CommandFailure("\(error)") }
        var heads = try self.heads.map { text in
            guard let head = JournalHead(text) else {
                throw CommandFailure("--head: \"\(text)\" is not SEQ:HASH:DAY")
            }
            return head
        }
        let keys = try publicKeys()
        if journal.dir == nil {
            let file = JournalHead.file(of: try journal.option.load().state.file)
            do { heads += try JournalHead.read(file).map { [$0] } ?? [] } catch {
                throw CommandFailure("\(error)")
            }
        }
        var verifier = JournalVerifier(keys: keys, heads: heads)
        let report: JournalVerifier.Report
        do { report = try verifier.verify(reader) } catch { throw CommandFailure("\(error)") }
        tell(report, heads)
        if !report.findings.isEmpty { throw Exit.findings }
    }

    private func publicKeys() throws -> [PublicKey] {
        if keys.isEmpty {
            guard journal.dir == nil else { throw CommandFailure("--dir needs --key") }
            do {
                return try JournalKey.publicKeys(
                    folder: try journal.option.load().signature.keys)
            } catch { throw CommandFailure(telling: error) }
        }
        return try keys.map { file in
            let text = String(decoding: try InputFile.bytes(file), as: UTF8.self)
            guard let key = try? PublicKey(pem: text), key.kind == .ed25519 else {
                throw CommandFailure(
                    "\(InputFile.name(file)) holds no Ed25519 public key, PEM")
            }
            return key
        }
    }

    private func tell(_ report: JournalVerifier.Report, _ heads: [JournalHead]) {
        if json {
            Output.json([
                "findings": .list(
                    report.findings.map { finding in
                        [
                            "file": .string(finding.file),
                            "line": .optional(finding.line),
                            "message": .string(finding.what),
                        ]
                    }),
                "days": .number(report.days), "records": .number(report.lines),
                "checkpoints": .number(report.checkpoints), "last": .number(report.last),
                "signed": .optional(report.signed?.text),
                "unsigned": .number(report.unsigned), "torn": .number(report.torn),
                "heads": .number(heads.count),
                "removed_through": .optional(report.removedThrough),
            ])
            return
        }
        for finding in report.findings {
            let place = finding.line.map { "\(finding.file):\($0)" } ?? finding.file
            Output.line("\(place): \(finding.what)")
        }
        Output.line(
            "\(report.lines) records of \(report.days) days, \(report.checkpoints) checkpoints; "
                + (report.signed.map {
                    "signed up to record \($0.seq), \(report.unsigned) behind it"
                }
                    ?? "nothing is signed"))
        if report.torn > 0 {
            Output.line("\(report.torn) bytes were left by crashes, and are accounted for")
        }
        if let day = report.removedThrough { Output.line("removed as old: all through \(day)") }
        if heads.isEmpty {
            Output.line("no head was given: an end that was cut off at a record would not be found")
        }
    }
}
