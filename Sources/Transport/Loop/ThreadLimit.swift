import OpenSSL

/// How many threads the process may have.
///
/// What it stands on traps or waits for ever where a thread cannot be made, so they are tried before.
package enum ThreadLimit {
    /// The threads that it comes to have beside the one that it begins with: one for each loop, nine that resolve
    /// names, two that write, one that tells that it lives, and libdispatch's, of which tasks have as many as there
    /// are cores, those of low priority as many again, and one is its own.
    package static func needed(loops: Int, cores: Int) -> Int { loops + 2 * cores + 13 }

    /// How many further threads the process may have, when those are too few to begin with.
    package static func tooFew(loops: Int, cores: Int) -> Int? {
        tooFew(of: needed(loops: loops, cores: cores)) { ProcessThreads.attempt($0) }
    }

    /// - Parameter attempt: how many of so many threads can be made.
    static func tooFew(of wanted: Int, attempt: (Int) -> Int) -> Int? {
        let count = attempt(wanted)
        return count < wanted ? count : nil
    }
}
