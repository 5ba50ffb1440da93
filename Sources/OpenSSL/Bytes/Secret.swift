import COpenSSL

/// Bytes that cannot be printed, encoded, interpolated or mirrored, compare in constant time, and
/// are overwritten when the last copy goes.
///
/// The bytes are reached through `withBytes` only, so every use can be found by that name.
package struct Secret: Sendable, Equatable {
    private let storage: Storage

    /// Takes a copy; the caller's array is the caller's to forget.
    package init(_ bytes: [UInt8]) { storage = Storage(bytes.span) }

    package init(_ bytes: Span<UInt8>) { storage = Storage(bytes) }

    /// The UTF-8 bytes of `text`.
    package init(utf8 text: String) { self.init([UInt8](text.utf8)) }

    /// The bytes of strict base64 or base64url, padded or not; nil for anything else.
    package init?(base64 text: String) {
        guard let bytes = Base64.decode(text) ?? Base64.decodeURL(text) else { return nil }
        self.init(bytes)
    }

    /// A fresh secret of `count` random bytes.
    package static func random(_ count: Int) -> Secret { Secret(Random.bytes(count)) }

    package var count: Int { storage.count }

    package var isEmpty: Bool { storage.count == 0 }

    /// Lends the bytes for the duration of `body`.
    package func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe body(Span(_unsafeElements: UnsafeBufferPointer(storage.buffer)))
    }

    /// A name for this secret that does not reveal it: 16 hexadecimal digits of its HMAC.
    package func fingerprint(key: HMACKey) -> String {
        withBytes { Hex.encode(key.authenticate($0).prefix(8)) }
    }

    package static func == (a: Secret, b: Secret) -> Bool {
        a.withBytes { left in b.withBytes { right in constantTimeEqual(left, right) } }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror {
        Mirror(self, unlabeledChildren: ["<secret>"], displayStyle: .tuple)
    }
}

/// The memory of a secret.
///
/// Unchecked Sendable: written only while it is made, and freed when nobody refers to it.
@safe private final class Storage: @unchecked Sendable {
    let buffer: UnsafeMutableBufferPointer<UInt8>
    var count: Int { unsafe buffer.count }

    init(_ bytes: Span<UInt8>) {
        unsafe buffer = .allocate(capacity: bytes.count)
        unsafe bytes.withUnsafeBufferPointer { source in
            _ = unsafe buffer.initialize(fromContentsOf: source)
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
        unsafe buffer.deallocate()
    }
}
