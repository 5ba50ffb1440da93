/// The words of the policy language whose function comes later: they are refused with their
/// place, never ignored. To make one available, take it out of here and give it its function.
enum PolicyNotYet {
    static let blocks = ["limit", "invariant"]
    static let needs: Set<Need> = [.rfc9421, .mfa, .keyPinned, .directory, .mtls]
    static let conditions = ["software", "time"]
    /// Keys of `set`.
    static let settings = ["accept_secret", "bind"]
    /// Values of `unknown` and of a rule's `action`.
    static let hold = "hold"
    static let listFormats = ["csv", "json", "ocm-directory", "ocmproviders"]
    /// Keys of a list that only downloaded ones have.
    static let listKeys = ["keys", "refresh", "apply", "max_change"]
    /// Keys of a test's `given`.
    static let facts = ["mfa", "over", "key_pinned", "directory", "mtls", "software"]
}
