import Federation

/// Which block of the policy decided, or which guard.
enum DecidingBlock {
    /// - Parameters:
    ///   - by: as the record names it.
    ///   - allowed: the block by which the policy let the message through, when it did.
    static func name(
        by: String, standing: String?, action: String, code: String?, allowed: String?
    ) -> String {
        // The lists are asked before all else, and refuse as a guard does: the block is then the one
        // that gave the peer its standing, `list:NAME` or `unknown`.
        if let standing, listRefusals.contains(by) { return standing }
        // What the policy let through may have been refused behind it.
        if action != DecisionRecord.Action.allow.rawValue, by == allowed {
            return "guard:\(code ?? "")"
        }
        return by
    }

    /// The same of a line; its checks are read only where they tell something.
    static func name(of line: JournalLine, by: String, action: String) -> String {
        let isRefused = action != DecisionRecord.Action.allow.rawValue
        let allowed = isRefused ? line.member("checks")?.array?.first(where: isAllowing) : nil
        return name(
            by: by, standing: line.member("standing")?.string, action: action,
            code: line.member("code")?.string, allowed: allowed?.object?["name"]?.string)
    }

    private static func isAllowing(_ check: JSONValue) -> Bool {
        check.object?["result"]?.string == Check.Result.allowed.rawValue
    }

    private static let listRefusals: Set = Set(
        [DenialCode.peerBlocked, .peerUnknown, .peerHeld].map { "guard:\($0.rawValue)" })
}

extension JournalDecision {
    /// The block of the policy that decided, or the guard.
    package var block: String {
        DecidingBlock.name(
            by: by, standing: standing, action: action?.rawValue ?? "", code: code,
            allowed: checks.first { $0.result == Check.Result.allowed.rawValue }?.name)
    }
}
