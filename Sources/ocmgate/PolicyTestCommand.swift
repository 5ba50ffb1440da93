import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy test FILE…`: runs the tests that stand in policy files, and beside them.
struct PolicyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of policy files.",
        discussion: """
            Runs every [[test]] of FILE, and of FILE.test.toml beside it. What fails is shown with \
            its place, what was wanted, and which block decided instead.

            Exit code 0 when all pass, 1 when a test fails, 2 when a file cannot be read.
            """)

    @Argument(help: "Policy files, - for standard input; without one, that of the configuration.")
    var files: [String] = []

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        var rows: [[String: Output.Value]] = []
        var (passed, failed) = (0, 0)
        var errors: [ConfigurationError] = []
        for file in files.isEmpty ? [try option.load().policy.file] : files {
            do throws(ConfigurationErrors) {
                let policy = try PolicyCommand.load(file)
                let outcomes = policy.runTests()
                let good = outcomes.count { $0.passed }
                passed += good
                failed += outcomes.count - good
                if json {
                    rows += outcomes.map { row($0, of: policy) }
                } else {
                    show(outcomes, of: policy, passed: good)
                }
            } catch {
                errors += error.all
                Output.error(error.description)
            }
        }
        if json {
            Output.json([
                "passed": .number(passed), "failed": .number(failed), "tests": .list(rows),
                "errors": Output.rows(errors),
            ])
        }
        if !errors.isEmpty { throw Exit.cannotRun }
        if failed > 0 { throw Exit.findings }
    }

    private func show(_ outcomes: [PolicyTestOutcome], of policy: Policy, passed: Int) {
        for outcome in outcomes where !outcome.passed {
            let test = outcome.test
            Output.line("\(test.file):\(test.position.line): \(test.name)")
            for difference in outcome.differences { Output.line("    \(difference)") }
            let place = policy.place(of: outcome.verdict.by).map { " (\($0))" } ?? ""
            Output.line("    decided by \(outcome.verdict.by)\(place)")
        }
        Output.line(
            outcomes.isEmpty
                ? "\(policy.file): no tests"
                : "\(policy.file): \(passed) passed, \(outcomes.count - passed) failed")
    }

    private func row(
        _ outcome: PolicyTestOutcome, of policy: Policy
    ) -> [String: Output.Value] {
        [
            "file": .string(outcome.test.file), "line": .number(outcome.test.position.line),
            "test": .string(outcome.test.name), "passed": .bool(outcome.passed),
            "differences": .strings(outcome.differences),
            "by": .string(outcome.verdict.by),
            "place": policy.place(of: outcome.verdict.by).map { .string($0.description) } ?? .null,
        ]
    }
}
