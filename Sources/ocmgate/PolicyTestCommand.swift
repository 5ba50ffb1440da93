import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy test FILE…`: runs the tests that stand in policy files, and beside them, and says
/// how good they are.
struct PolicyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of policy files.",
        discussion: """
            Runs every [[test]] of FILE, and of FILE.test.toml beside it. What fails is shown with \
            its place, what was wanted, and which block decided instead.

            --coverage lists the blocks that no test reaches: a list that gave no peer its standing, \
            a requirement or a limit that was about no message, a rule that decided nothing.

            --mutate breaks the policy on purpose, one change at a time, and lists the changes that \
            no test and no invariant noticed: blocks taken away, turned round, moved, or without one \
            of their keys. A change that was proved to let through, to stop and to report the very \
            same messages is not counted. --values also changes single values (entries, words, \
            patterns, sizes, codes) and counts whatever a test could see. Tests say themselves \
            which limits are full, so numbers of limits are not changed.

            --record prints a past decision of the journal as a [[test]], with people under the \
            pseudonyms of the journal (--plain opens them with the seal key).

            Exit code 0 when all is well, 1 when a test fails, a block is not reached or a change \
            was not noticed, 2 when a file cannot be read.
            """)

    @Argument(help: "Policy files, - for standard input; without one, that of the configuration.")
    var files: [String] = []

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "List the blocks that no test reaches.")
    var coverage = false

    @Flag(help: "Break the policy on purpose, and list what no test notices.")
    var mutate = false

    @Flag(help: "With --mutate: change single values too.")
    var values = false

    @Option(help: "Print this past decision as a [[test]]; runs no tests.")
    var record: String?

    @Option(help: "With --record: the journal's folder, instead of the configured one.")
    var dir: String?

    @Flag(help: "With --record: show people instead of pseudonyms; needs the seal key.")
    var plain = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if record == nil, dir != nil || plain {
            throw ValidationError("--dir and --plain belong to --record")
        }
        if record != nil, coverage || mutate {
            throw ValidationError("--record runs no tests: leave --coverage and --mutate out")
        }
        if values, !mutate { throw ValidationError("--values belongs to --mutate") }
    }

    func run() throws {
        if let record { return try self.record(record) }
        var reports: [PolicyTestReport] = []
        var errors: [ConfigurationError] = []
        for file in files.isEmpty ? [try option.load().policy.file] : files {
            do throws(ConfigurationErrors) {
                let report = try self.report(on: try PolicyCommand.load(file))
                if !json { report.show() }
                reports.append(report)
            } catch {
                errors += error.all
                Output.error(error.description)
            }
        }
        if json {
            var members = PolicyTestReport.members(of: reports)
            members["errors"] = Output.rows(errors)
            Output.json(members)
        }
        if !errors.isEmpty { throw Exit.cannotRun }
        if reports.contains(where: { !$0.isFine }) { throw Exit.findings }
    }

    private func record(_ id: String) throws {
        guard files.count < 2 else { throw CommandFailure("--record asks one policy") }
        let policy = try PolicyCommand.open(try files.first ?? option.load().policy.file)
        let folder = try option.journalFolder(else: dir)
        try RecordedDecision(
            id: id, folder: folder,
            people: plain ? try option.journalPeople(of: folder) : .pseudonyms
        ).printTest(for: policy, json: json)
    }

    private func report(on policy: Policy) throws(ConfigurationErrors) -> PolicyTestReport {
        var report = PolicyTestReport(policy)
        if coverage { report.coverage = Coverage(policy) }
        // What is wrong to begin with notices every change.
        if mutate, report.failed.isEmpty {
            let slow = SlowWork()
            report.mutation = MutationReport(policy, values ? .values : .blocks) { done, all in
                slow.tell("\(done) of \(all) changes tried")
            }
        }
        report.isBrokenBefore = mutate && !report.failed.isEmpty
        return report
    }
}

/// How the tests of one policy came out, and how good they are.
struct PolicyTestReport {
    let policy: Policy
    let outcomes: [PolicyTestOutcome]
    var coverage: Coverage?
    var mutation: MutationReport?
    /// There was to be a mutation, but tests fail as it is.
    var isBrokenBefore = false

    init(_ policy: Policy) {
        self.policy = policy
        outcomes = policy.runTests()
    }

    var failed: [PolicyTestOutcome] { outcomes.filter { !$0.passed } }

    var isFine: Bool {
        failed.isEmpty && coverage?.missed.isEmpty ?? true && mutation?.survivors.isEmpty ?? true
    }

    func show() {
        for outcome in failed {
            let test = outcome.test
            let (line, column) = (test.position.line, test.position.column)
            Output.line("\(test.file):\(line):\(column): \(test.name)")
            for difference in outcome.differences { Output.line("    \(difference)") }
            Output.line("    decided by \(policy.placed(outcome.verdict.by))")
        }
        Output.line(
            outcomes.isEmpty
                ? "\(policy.file): no tests"
                : "\(policy.file): \(outcomes.count - failed.count) passed, \(failed.count) failed")
        if let coverage { show(coverage) }
        if let mutation { show(mutation) }
        if isBrokenBefore {
            Output.line("\(policy.file): nothing is changed on purpose as long as tests fail")
        }
    }

    private func show(_ coverage: Coverage) {
        for block in coverage.missed {
            Output.line(
                "\(block.place?.description ?? policy.file): no test reaches \(block.label)")
        }
        Output.line(
            "\(policy.file): tests reach \(coverage.reached) of \(coverage.blocks.count) blocks, "
                + "\(coverage.percent) %")
    }

    private func show(_ mutation: MutationReport) {
        for survivor in mutation.survivors {
            let place = survivor.mutant.place?.description ?? policy.file
            Output.line("\(place): no test notices: \(survivor.mutant.change)")
            if let given = survivor.given { Output.line("    it tells with given = \(given)") }
            if let doubt = survivor.doubt { Output.line("    if it changes anything: \(doubt)") }
        }
        let same = mutation.equivalent.count
        Output.line(
            "\(policy.file): \(mutation.killed) of \(mutation.count) changes noticed, "
                + "\(mutation.percent) %" + (same > 0 ? "; \(same) more change nothing" : ""))
    }
}

extension PolicyTestReport {
    /// All of them as JSON.
    static func members(of reports: [PolicyTestReport]) -> [String: Output.Value] {
        let failed = reports.reduce(0) { $0 + $1.failed.count }
        let all = reports.reduce(0) { $0 + $1.outcomes.count }
        var members: [String: Output.Value] = [
            "passed": .number(all - failed), "failed": .number(failed),
            "tests": .list(reports.flatMap(\.rows)),
        ]
        if reports.contains(where: { $0.coverage != nil }) {
            members["coverage"] = .list(reports.compactMap(\.coverageRow))
        }
        if reports.contains(where: { $0.mutation != nil }) {
            members["mutants"] = .list(reports.compactMap(\.mutationRow))
        }
        return members
    }

    private var rows: [[String: Output.Value]] {
        outcomes.map { outcome in
            [
                "file": .string(outcome.test.file), "line": .number(outcome.test.position.line),
                "column": .number(outcome.test.position.column),
                "test": .string(outcome.test.name), "passed": .bool(outcome.passed),
                "differences": .strings(outcome.differences),
                "by": .string(outcome.verdict.by),
                "place": .optional(policy.place(of: outcome.verdict.by)?.description),
            ]
        }
    }

    private var coverageRow: [String: Output.Value]? {
        coverage.map { coverage in
            [
                "file": .string(policy.file), "blocks": .number(coverage.blocks.count),
                "reached": .number(coverage.reached), "percent": .number(coverage.percent),
                "missed": .list(
                    coverage.missed.map { block in
                        [
                            "block": .string(block.label),
                            "place": .optional(block.place?.description),
                        ]
                    }),
            ]
        }
    }

    private var mutationRow: [String: Output.Value]? {
        mutation.map { mutation in
            [
                "file": .string(policy.file), "counted": .number(mutation.count),
                "noticed": .number(mutation.killed), "percent": .number(mutation.percent),
                "equivalent": .number(mutation.equivalent.count),
                "survivors": .list(
                    mutation.survivors.map { survivor in
                        [
                            "block": .string(survivor.mutant.label),
                            "change": .string(survivor.mutant.change),
                            "place": .optional(survivor.mutant.place?.description),
                            "given": .optional(survivor.given),
                            "doubt": .optional(survivor.doubt),
                        ]
                    }),
            ]
        }
    }
}
