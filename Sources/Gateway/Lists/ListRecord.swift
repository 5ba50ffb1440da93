package import Federation

/// What is known of a downloaded list, as it lies beside its contents: `NAME.json`.
package struct ListRecord: Sendable, Codable, Equatable {
    /// A version of the list, in a file of its own.
    package struct Copy: Sendable, Codable, Equatable {
        /// SHA-256 of the file, in hex.
        package var hash: String
        /// Entries.
        package var count: Int
        /// Thumbprint of the key that signed it.
        package var signer: String?
        /// When it was fetched, Unix seconds.
        package var fetched: Int
    }

    /// Of this file.
    package var version = 1
    package var source: String
    package var format: String
    /// Blocks are read in another way than peers that are allowed.
    package var standing: String

    /// In force.
    package var live: Copy?
    /// Waits for a person.
    package var draft: Copy?
    package var waits: ListUpdate.Reason?

    /// Of the last answer that was read.
    package var etag: String?
    package var lastModified: String?
    /// What a directory service calls its federation.
    package var title: String?
    package var leftOut: [String: Int] = [:]
    /// The newest `iat`: nothing older is taken.
    package var issued: Int?

    /// When its server last had something to say that could be used, Unix seconds.
    package var checked: Int?
    /// Since then.
    package var failures = 0
    package var failure: String?
    /// When it is asked again.
    package var next: Int?

    init(_ list: PeerList, _ download: PeerList.Download) {
        source = download.url
        format = download.format.rawValue
        standing = list.stance.rawValue
    }

    /// Whether it is about this list as the policy has it now.
    func isOf(_ list: PeerList, _ download: PeerList.Download) -> Bool {
        version == 1 && source == download.url && format == download.format.rawValue
            && standing == list.stance.rawValue
    }

    /// Whether a version may be used: of a list with keys, one that a key of now has signed.
    static func mayUse(_ copy: Copy, _ keys: [ListKey]?) -> Bool {
        guard let keys else { return true }
        return keys.contains { $0.thumbprint == copy.signer }
    }
}
