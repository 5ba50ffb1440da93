/// Commands that the design names and this version does not have: they are told apart from slips.
struct LaterCommand: CustomStringConvertible {
    /// `token list`.
    let name: String
    /// What does the same for now, where something does.
    let meanwhile: String?

    /// The later command that the arguments begin with; nil for everything else.
    init?(_ arguments: [String]) {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        for (name, meanwhile) in Self.all {
            let parts = name.split(separator: " ").map(String.init)
            guard words.starts(with: parts) else { continue }
            self.name = name
            self.meanwhile = meanwhile
            return
        }
        return nil
    }

    var description: String {
        "the command \"\(name)\" is not available yet" + (meanwhile.map { "; \($0)" } ?? "")
    }

    private static let all: KeyValuePairs<String, String?> = [
        "status": nil,
        "token list": "tokens are not kept; ocmgate share list has the shares that they are of",
        "probe": nil, "doctor": "ocmgate check looks at everything that needs no network",
        "top": nil,
        "completion": "ocmgate --generate-completion-script bash (or zsh, fish) prints one",
    ]
}
