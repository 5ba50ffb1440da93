import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy prove FILE…`: proves the invariants of policies, or shows a message that breaks
/// one.
struct PolicyProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Prove the invariants of policy files.",
        discussion: """
            Looks at every class of message that the policy can tell apart, whatever downloaded \
            lists may hold and whichever limits are full, and proves each [[invariant]]. One that \
            does not hold is shown with a message that breaks it, as a [[test]] that says what the \
            policy does now: turn its want round, and mend the policy until it passes.

            A policy with mode = "report" refuses nothing yet; it is proved as it would be enforced. \
            What default = "allow" lets in unsigned is warned of, whatever the invariants say.

            Exit code 0 when all are proved, 1 when one is broken, 2 when a file cannot be read or \
            an invariant could not be told either way.
            """)

    @Argument(help: "Policy files, - for standard input; without one, that of the configuration.")
    var files: [String] = []

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var rows: [[String: Output.Value]] = []
        var errors: [ConfigurationError] = []
        var (broken, open) = (0, 0)
        for file in files.isEmpty ? [try option.load().policy.file] : files {
            do throws(ConfigurationErrors) {
                let policy = try PolicyCommand.load(file)
                if let warning = policy.warningOfUnproven {
                    Output.error("warning: \(warning.description)")
                }
                if policy.invariants.isEmpty, !json {
                    Output.line("\(policy.file): no invariants")
                }
                for invariant in policy.invariants {
                    let slow = SlowWork()
                    let proof = policy.prove(invariant) { regions in
                        slow.tell("\(quoted(invariant.name)): \(regions) classes so far")
                    }
                    switch proof {
                    case .proved: break
                    case .broken: broken += 1
                    case .open: open += 1
                    }
                    if json {
                        rows.append(row(proof, of: invariant, policy))
                    } else {
                        show(proof, of: invariant, policy)
                    }
                }
            } catch {
                errors += error.all
                Output.error(error.description)
            }
        }
        if json {
            Output.json([
                "proved": .number(rows.count - broken - open), "broken": .number(broken),
                "open": .number(open), "invariants": .list(rows), "errors": Output.rows(errors),
            ])
        }
        if !errors.isEmpty { throw Exit.cannotRun }
        if broken > 0 { throw Exit.findings }
        if open > 0 { throw Exit.cannotRun }
    }

    private func show(_ proof: Proof, of invariant: Invariant, _ policy: Policy) {
        let (line, column) = (invariant.position.line, invariant.position.column)
        let place = "\(invariant.file):\(line):\(column)"
        let name = quoted(invariant.name)
        let reading = policy.mode == .report ? ", as it would be enforced" : ""
        switch proof {
        case .proved(0): Output.line("\(place): proved, but no message is of its class: \(name)")
        case .proved(let regions):
            Output.line(
                "\(place): proved for all messages (\(regions) classes)\(reading): \(name)")
        case .broken(let found):
            Output.line("\(place): broken\(reading): \(name); a message that breaks it:")
            Output.line("")
            Output.text(policy.test(for: found))
            Output.line("")
        case .open(let reason): Output.line("\(place): not proved: \(name): \(reason)")
        }
    }

    private func row(
        _ proof: Proof, of invariant: Invariant, _ policy: Policy
    ) -> [String: Output.Value] {
        var row: [String: Output.Value] = [
            "invariant": .string(invariant.name), "column": .number(invariant.position.column),
            "file": .string(invariant.file),
            "line": .number(invariant.position.line), "classes": .null, "by": .null, "test": .null,
            "reason": .null, "mode": .string(policy.mode.rawValue),
        ]
        switch proof {
        case .proved(let regions):
            row["result"] = .string("proved")
            row["classes"] = .number(regions)
        case .broken(let found):
            row["result"] = .string("broken")
            row["by"] = .string(found.verdict.by)
            row["test"] = .string(policy.test(for: found))
        case .open(let reason):
            row["result"] = .string("open")
            row["reason"] = .string(reason)
        }
        return row
    }
}
