#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Names of files, for the calls that Foundation has no safe form of.
package enum FileName {
    /// Gives a file the name of another, which is gone then, in one step (`rename(2)`): whoever
    /// opens the name finds one of both, whole. The error number when it fails.
    package static func replace(_ name: String, by draft: String) -> CInt? {
        unsafe rename(draft, name) == 0 ? nil : errno
    }

    /// Makes a folder that is its owner's alone from its first moment on (`mkdir(2)`): Foundation
    /// makes one that others may use, and changes that then. The error number when it fails.
    package static func makeFolder(_ name: String) -> CInt? {
        unsafe mkdir(name, 0o700) == 0 ? nil : errno
    }
}
