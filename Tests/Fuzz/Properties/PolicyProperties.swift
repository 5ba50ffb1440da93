import Federation

/// Policy files, and the text files of lists.
enum PolicyProperties {
    /// A policy that loads judges every message, and nothing from a blocked peer is allowed; one
    /// that does not is told with places in the file.
    static func policy(_ bytes: [UInt8]) throws(Violation) {
        let policy: Policy
        do throws(ConfigurationErrors) {
            policy = try Policy(bytes, file: "policy.toml", PolicyFiles { _ in nil })
        } catch {
            let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            for one in error.all {
                try hold(!one.message.isEmpty, "an error without a message")
                // Behind the last line: where a value is missing at the end.
                try hold((one.line ?? 1) <= lines + 1, "an error in line \(one.line ?? 0)")
            }
            return
        }
        let twin = try? Policy(bytes, file: "policy.toml", PolicyFiles { _ in nil })
        try hold(twin?.hash == policy.hash, "a policy has two hashes")
        let scopes =
            policy.requirements.map(\.scope) + policy.limits.map(\.scope)
            + policy.rules.map(\.scope)
        for case .time(let windows) in scopes.flatMap(\.conditions) {
            for window in windows {
                try hold(
                    TimeWindow(window.description)?.description == window.description,
                    "a time of the week is written as another one")
            }
        }
        for limit in policy.limits {
            if case .rate(let rate, _) = limit.measure {
                try hold(Rate(rate.description) == rate, "a rate is written as another one")
            }
        }
        var peers: [PeerHost?] = [nil, PeerHost("x.example"), PeerHost("192.0.2.1:8443")]
        for entry in policy.lists.flatMap(\.entries).prefix(16) {
            peers.append(PeerHost(entry.pattern.name))
        }
        for peer in peers {
            for occasion in Occasion.all {
                try judge(Facts.ordinary(occasion, peer: peer), policy)
                try judge(Facts(occasion, peer: peer, now: 0), policy)
            }
        }
        _ = policy.runTests()
        _ = policy.criteria
    }

    private static func judge(_ facts: Facts, _ policy: Policy) throws(Violation) {
        let standing = policy.standing(of: facts.peer, now: facts.now)
        let verdict = policy.evaluate(facts, room: Policy.roomForAll)
        try hold(
            verdict == policy.evaluate(facts, standing, room: Policy.roomForAll),
            "two verdicts on one message")
        try hold((verdict.action == .allow) == (verdict.denial == nil), "allowed and refused")
        let refuses = verdict.checks.contains { $0.result == .refused || $0.result == .held }
        try hold(refuses == (verdict.action != .allow), "a refused check, and no refusal")
        switch policy.mode {
        case .enforce:
            try hold(
                standing.word != .block || verdict.action == .deny, "a blocked peer is allowed")
        case .report, .open: try hold(verdict.action == .allow, "a refusal that is not enforced")
        }
    }

    /// The index of a list finds what a walk over all of its entries finds.
    static func peerList(_ bytes: [UInt8]) throws(Violation) {
        let text = """
            version = 1
            name = "p"
            [list.a]
            standing = "block"
            source = "list.txt"
            """
        let files = PolicyFiles { path in path == "list.txt" ? bytes : nil }
        guard let policy = try? Policy(Array(text.utf8), file: "policy.toml", files),
            let list = policy.lists.first
        else { return }
        for entry in list.entries.prefix(32) {
            let name = entry.pattern.name
            let port = entry.pattern.port.map { ":\($0)" } ?? ":8443"
            for candidate in [name, name + port, "x.\(name)", "y.x.\(name)\(port)", "x\(name)"] {
                guard let peer = PeerHost(candidate) else { continue }
                let standing = policy.standing(of: peer, now: 0)
                let isListed = list.entries.contains { $0.pattern.matches(peer) }
                try hold(
                    standing.word == (isListed ? .block : .unknown),
                    "\(peer) is \(standing.word) by the index")
            }
        }
    }
}
