/// A root of shared data that its reader knows under another path than the backend has it at.
///
/// Three things make one: the segment of a `SingleFile`, a backend in a sub-folder whose document
/// leaves the folder out, so that some readers ask without it, and a share with a path of its own
/// whose reader asks at the root of all shares (`legacy-wire.md` 5.1).
package struct ToldRoot: Sendable, Equatable {
    /// The root at the backend, without a slash at its end.
    package let root: String
    /// What the reader takes for it.
    package let told: String
    /// The path that was asked for, at the backend.
    package let path: String
    private let asked: String

    /// Nil: a path that is the same on both sides.
    ///
    /// - Parameters:
    ///   - path: below `asked`, in the spelling in which paths are judged.
    ///   - asked: the root in it, without a slash at its end.
    ///   - root: the same at the backend.
    package init?(_ path: String, below asked: String, at root: String) {
        let based = root + path.dropFirst(asked.count)
        let file = SingleFile(based, below: root)
        guard file != nil || asked != root else { return nil }
        self.root = root
        self.asked = asked
        self.path = file?.path ?? based
        told = asked + (file?.told.dropFirst(root.count) ?? "")
    }

    /// Another path of the same reader's, at the backend.
    package func inside(_ path: String) -> String {
        guard path.rest(below: asked) != nil else { return path }
        return Self(path, below: asked, at: root)?.path ?? path
    }
}
