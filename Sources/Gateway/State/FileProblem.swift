/// What the operator can mend about a file, or about another thing that has a name: which, what is
/// wrong, and what mends it.
package struct FileProblem: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let what: String
    /// Empty where nobody can say.
    package let remedy: String
    /// Whether it is another process that uses it.
    package let isInUse: Bool

    init(_ path: String, _ what: String, _ remedy: String = "", isInUse: Bool = false) {
        self.path = path
        self.what = what
        self.remedy = remedy
        self.isInUse = isInUse
    }

    package var description: String {
        remedy.isEmpty ? "\(path): \(what)" : "\(path): \(what); \(remedy)"
    }
}
