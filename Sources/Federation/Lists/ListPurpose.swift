/// What the signature of a list has to be about (`sub` of its protected header, RFC 7519, section
/// 5.3): one that its publisher has signed for another purpose is not to be served in its place.
package enum ListPurpose: Sendable, Equatable {
    /// `subject` of the policy: the signature says this. A directory service whose signature says
    /// nothing says it as the name of its federation, which is signed as well.
    case named(String)
    /// The URL of the list, where the signature says anything.
    case url(String)
    /// Whatever it says: of a list in a file nobody knows.
    case any

    /// Refused: a signature that is about something else.
    func judge(_ subject: String) throws(ListDefect) {
        let wanted: String
        switch self {
        case .any: return
        case .named(let name), .url(let name): wanted = name
        }
        guard subject.isSame(as: wanted) else {
            throw ListDefect(
                "it is signed as another list: its \"sub\" is \(quoted(String(subject.prefix(256)))), "
                    + "not \(quoted(wanted))")
        }
    }

    /// What is left to be said of a list that was read.
    ///
    /// Refused: one that has to be about something, and does not say what.
    func judge(_ contents: ListContents) throws(ListDefect) {
        guard case .named(let name) = self, contents.subject == nil else { return }
        guard let title = contents.title else {
            throw ListDefect("its signature does not say what it is about (\"sub\")")
        }
        guard title.isSame(as: name) else {
            throw ListDefect(
                "it is the list of another federation: \(quoted(String(title.prefix(256)))), not "
                    + quoted(name))
        }
    }

    /// What it has to be about; nil where nothing was named.
    package var name: String? {
        switch self {
        case .named(let name): name
        case .url, .any: nil
        }
    }
}
