#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The columns of the terminal that standard output is, and what programs are told in its place.
package enum TerminalWidth {
    /// Nil where it is no terminal, and for one that does not say.
    package static var shown: Int? {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// Says `COLUMNS`, which counts more than the terminal, to this process and those that it starts.
    package static func tell(_ columns: Int) { _ = unsafe setenv("COLUMNS", "\(columns)", 1) }
}
