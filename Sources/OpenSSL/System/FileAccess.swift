import COpenSSL

/// Who may use a file beside whom its mode tells of (`acl(5)`).
package enum FileAccess {
    /// The bytes of the access list of a file, over links, as the kernel keeps them; none where there is no
    /// list, and nil where it cannot be known, or is longer than 4 KiB.
    package static func list(of path: String) -> [UInt8]? {
        var count = -1
        let bytes = unsafe [UInt8](filling: most) { room in
            count = unsafe ocmgate_access_list(path, room, most)
            return max(count, 0)
        }
        return count < 0 ? nil : bytes
    }

    private static let most = 4096
}
