import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// `ocmgate check`, `ocmgate -t`: everything that can be checked without a network.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration, policy, its tests, certificates and keys.",
        discussion: "Needs neither root nor a network, and changes nothing.")

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let path = option.path
        var findings: [String] = []
        var warnings: [String] = []
        var policyHash: String?
        do throws(ConfigurationErrors) {
            let configuration = try Configuration.load(file: path)
            warnings += configuration.weakenings.map { "weaker than its profile: \($0)" }
            policyHash = check(policy: configuration.policy.file, &findings, &warnings)
            check(certificatesOf: configuration, &findings, &warnings)
        } catch {
            findings += error.all.map(\.description)
        }
        report(path, findings, warnings, policyHash)
        if !findings.isEmpty { throw Exit.findings }
    }

    private func check(
        policy file: String, _ findings: inout [String], _ warnings: inout [String]
    ) -> String? {
        do throws(StartFailure) {
            let policy = try RunningGateway.loadPolicy(file)
            if policy.tests.isEmpty { warnings.append("\(file): the policy has no [[test]]") }
            return policy.hash
        } catch {
            findings.append(error.description)
            return nil
        }
    }

    private func check(
        certificatesOf configuration: Configuration, _ findings: inout [String],
        _ warnings: inout [String]
    ) {
        let now = Int(Date().timeIntervalSince1970)
        let host = Site(origin: configuration.site.origin, aliases: [])?.host.name ?? ""
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            do {
                let identity = try RunningGateway.identity(settings)
                guard let leaf = identity.chain.first else { continue }
                if !leaf.isCurrent(now: now) {
                    findings.append("\(settings.certificate): the certificate is not valid now")
                } else if let end = leaf.notAfter, end - now < 14 * 86_400 {
                    warnings.append(
                        "\(settings.certificate): expires in \((end - now) / 86_400) days")
                }
                if leaf.subject == leaf.issuer {
                    warnings.append("\(settings.certificate): self-signed, peers refuse it")
                }
                if name == host, !leaf.matches(host) {
                    findings.append("\(settings.certificate): is not for \(host)")
                }
            } catch {
                findings.append("\(error)")
            }
        }
    }

    private func report(
        _ path: String, _ findings: [String], _ warnings: [String], _ hash: String?
    ) {
        if json {
            Output.json([
                "file": .string(path), "ok": .bool(findings.isEmpty),
                "findings": .strings(findings), "warnings": .strings(warnings),
                "policy": hash.map { .string($0) } ?? .null,
            ])
            return
        }
        for finding in findings { Output.error(finding) }
        for warning in warnings { Output.error("warning: \(warning)") }
        if findings.isEmpty {
            Output.line("\(path): fine" + (hash.map { " (policy \($0))" } ?? ""))
        }
    }
}
