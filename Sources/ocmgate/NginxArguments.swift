/// `ocmgate -t`, with what nginx takes beside it, for `ocmgate check`; `-v` and `-V` for `ocmgate version`.
enum NginxArguments {
    /// The arguments that are meant; nil where they are no habit of nginx.
    static func meant(_ arguments: [String]) -> [String]? {
        if ["-v", "-V"].contains(where: { arguments == [$0] }) { return ["version"] }
        return check(arguments)
    }

    /// The arguments of `check` that are meant by `-t`, `-tc FILE`, `-cFILE -t`, `-t -q` and the like;
    /// nil where a command is named first, or no `-t` is there.
    ///
    /// What follows `-c` is a file, whatever it is called.
    static func check(_ arguments: [String]) -> [String]? {
        guard arguments.first?.hasPrefix("-") == true else { return nil }
        var meant = ["check"]
        var isAsked = false
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--config" || argument == "-c" {
                meant += [argument] + [rest.popFirst()].compactMap { $0 }
            } else if argument.hasPrefix("--") || !argument.hasPrefix("-") || argument == "-" {
                meant.append(argument)
            } else {
                // Letters together; what is behind a `c` is its file, or the next one is.
                var letters = argument.dropFirst()
                while let letter = letters.popFirst() {
                    switch letter {
                    case "t": isAsked = true
                    // In nginx without the line that all is well, which is short here.
                    case "q": break
                    case "c":
                        let file = letters.isEmpty ? rest.popFirst() : String(letters)
                        meant += ["-c"] + [file].compactMap { $0 }
                        letters = ""
                    default: meant.append("-\(letter)")
                    }
                }
            }
        }
        return isAsked ? meant : nil
    }
}
