/// A policy in plain words, from which the text of a policy file is written and which the reference
/// evaluator judges by; it shares no type with the program.
struct PlainPolicy {
    var mode = "enforce"
    var fallback = "deny"
    var unknown = "deny"
    var lists: [List] = []
    var requires: [Block] = []
    var limits: [Block] = []
    var rules: [Block] = []

    struct List {
        var name: String
        var standing: String
        var isHard: Bool
        /// `own`, or the format of a downloaded list.
        var from: String
        var entries: [Entry]
    }

    struct Entry {
        var pattern: String
        /// The day after which it does not count, as a number of days from 2026-01-01.
        var untilDay: Int?
    }

    struct Block {
        var name: String
        var on: [String]
        var peer: [String] = []
        var except: [String] = []
        var when: [(key: String, values: [String])] = []
        var mode = "enforce"
        var needs: [String] = []
        /// Of a rule.
        var action = ""
        /// Nil: the usual one.
        var code: String?
    }

    /// The policy file. Entries of downloaded lists do not stand in it.
    var text: String {
        var text = """
            version = 1
            name = "random"
            mode = "\(mode)"
            default = "\(fallback)"
            unknown = "\(unknown)"

            """
        for list in lists {
            text += "[list.\(list.name)]\nstanding = \"\(list.standing)\"\nhard = \(list.isHard)\n"
            if list.from == "own" {
                let entries = list.entries.map { entry in
                    guard let day = entry.untilDay else { return "\"\(entry.pattern)\"" }
                    return
                        "{ host = \"\(entry.pattern)\", until = 2026-01-\(day < 9 ? "0" : "")\(day + 1) }"
                }
                text += "entries = [\(entries.joined(separator: ", "))]\n"
            } else {
                text +=
                    "source = \"https://lists.example/\(list.name)\"\nformat = \"\(list.from)\"\n"
                text += "keys = [\"k.jwk\"]\n"
            }
        }
        for block in requires {
            text += "[[require]]\n\(Self.scope(block))need = \(Self.array(block.needs))\n"
        }
        for block in limits {
            text += "[[limit]]\n\(Self.scope(block))per = \"peer\"\nrate = \"5/min\"\n"
        }
        for block in rules {
            text += "[[rule]]\n\(Self.scope(block))action = \"\(block.action)\"\n"
        }
        return text
    }

    private static func scope(_ block: Block) -> String {
        var text = "name = \"\(block.name)\"\non = \(array(block.on))\nmode = \"\(block.mode)\"\n"
        if !block.peer.isEmpty { text += "peer = \(array(block.peer))\n" }
        if !block.except.isEmpty { text += "except = \(array(block.except))\n" }
        if !block.when.isEmpty {
            let conditions = block.when.map { condition in
                switch condition.key {
                case "size_max": "size_max = \(condition.values[0])"
                case _: "\(condition.key) = \(array(condition.values))"
                }
            }
            text += "when = { \(conditions.joined(separator: ", ")) }\n"
        }
        if let code = block.code { text += "code = \"\(code)\"\n" }
        return text
    }

    private static func array(_ words: [String]) -> String {
        "[\(words.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
}

/// A message in plain words.
struct PlainMessage {
    var kind = "share"
    var direction = "in"
    /// `host` or `host:port`.
    var peer: String?
    /// Minutes from 2026-01-01 00:00 UTC, which was a Thursday.
    var minute = 0
    var address: [Int]?
    /// `none`, `invalid`, `cavage`, `rfc9421`.
    var signature = "none"
    var advertisesKeys = false
    var isByToken = false
    var isInvited = false
    var enforcesMFA = false
    var isPinned = false
    var showsCertificate = false
    var software: String?
    var shareType: String?
    var resourceType: String?
    var protocols: [String] = []
    /// Empty: unspecified.
    var permissions: [String] = []
    var accessTypes: [String] = []
    var size: Int?
    var owner: String?
    var sender: String?
    var recipient: String?
    var notificationType: String?
    /// The limits that have no room.
    var over: Set<String> = []
}
