import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate check`, `ocmgate -t`: everything that can be checked without a network.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration, policy, its tests, certificates and keys.",
        discussion: """
            Needs neither root nor a network, and changes nothing. What this user may not read is \
            named and left out. Exit codes: 0 fine (warnings may be printed), 1 something must be \
            mended, 2 there is no configuration to read.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(name: .customShort("t"), help: "Means nothing more; for who is used to ocmgate -t.")
    var isTest = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        do throws(ConfigurationErrors) { _ = try option.bytes() } catch {
            throw CommandFailure(error)
        }
        var check = InstallationCheck()
        var policyHash: String?
        do throws(ConfigurationErrors) {
            let configuration = try option.read()
            check.warnings += configuration.warnings
            check.folder(ofStateIn: configuration)
            check.names(of: configuration)
            policyHash = check.policy(of: configuration)
            check.candidate(of: configuration)
            check.lists(of: configuration)
            check.certificates(of: configuration)
            check.keys(of: configuration)
            check.egress(of: configuration)
            check.journal(of: configuration)
            check.sockets(of: configuration)
            check.backend(of: configuration)
        } catch { check.findings += error.all }
        report(check, policyHash)
        if !check.findings.isEmpty { throw Exit.findings }
    }

    private func report(_ check: InstallationCheck, _ hash: String?) {
        if json {
            Output.json([
                "file": .string(option.name), "ok": .bool(check.findings.isEmpty),
                "findings": Output.rows(check.findings), "warnings": Output.rows(check.warnings),
                "notes": .strings(check.notes),
                "policy": .optional(hash),
            ])
            return
        }
        for finding in check.findings { Output.error(finding.description) }
        for warning in check.warnings {
            Output.error("warning: \(warning.description)")
        }
        for note in check.notes { Output.error("note: \(note)") }
        if check.findings.isEmpty {
            Output.line("\(option.name): fine" + (hash.map { " (policy \($0))" } ?? ""))
        } else {
            Output.line("\(option.name): \(check.findings.count) to mend")
        }
    }
}
